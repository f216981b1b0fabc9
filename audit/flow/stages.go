package flow

import (
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// The event names that the rules know.
const (
	authRequest  = "Authentication Request"
	idpRequest   = "Identity Provider Authentication"
	idpCallback  = "Identity Provider Callback"
	assertion    = "Assertion Request"
	policy       = "Policy Evaluation"
	mfaChallenge = "MFA Challenge"
	token        = "Token"
	login        = "Login" // only as the deprecated stage
)

// The results that the rules know, in lower case, as they are compared.
const (
	success        = "success"
	create         = "create"
	codeIssued     = "codeissued"
	doMFA          = "domfa"
	inProgress     = "inprogress"
	authenticate   = "authenticate"
	denied         = "denied"
	failure        = "failure"
	timeout        = "timeout"
	sessionExpired = "sessionexpired"
)

// step is what a record says happened. Records of older agents have no
// event_name or result; the deprecated stage and event say it there.
type step struct {
	name   string
	result string
	staged bool // the name is that of a stage
}

func stepOf(r *audit.Record) step {
	s := step{name: valueOf(r, query.EventName), result: valueOf(r, query.Result)}
	if s.name == "" {
		s.name, s.staged = valueOf(r, query.Stage), true
	}
	if s.result == "" {
		s.result = valueOf(r, query.Event)
	}
	return s
}

// is reports whether the step has one of the results, which are in lower case.
func (s step) is(results ...string) bool {
	for _, result := range results {
		if strings.EqualFold(s.result, result) {
			return true
		}
	}
	return false
}

// at reports whether the step has one of the names.
func (s step) at(names ...string) bool {
	for _, name := range names {
		if s.name == name {
			return true
		}
	}
	return false
}

// stagesOf cuts the records, in time order, into runs that say the same.
func stagesOf(records []*audit.Record) []audit.Stage {
	var stages []audit.Stage
	for _, r := range records {
		s := stepOf(r)
		last := len(stages) - 1
		if last >= 0 && stages[last].EventName == s.name && stages[last].Result == s.result {
			stages[last].Records = append(stages[last].Records, r)
			stages[last].Count++
			continue
		}
		stage := audit.Stage{EventName: s.name, Result: s.result, StartedAt: r.Time, Count: 1, Records: []*audit.Record{r}}
		if last >= 0 {
			stage.Gap = r.Time.Sub(stages[last].StartedAt)
		}
		stages = append(stages, stage)
	}
	return stages
}
