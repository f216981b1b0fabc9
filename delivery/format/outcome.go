package format

import (
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// Outcome is what an event says of success: in it every form agrees.
type Outcome int

// The outcomes.
const (
	Unknown   Outcome = iota // the event does not say
	Success                  // it was done
	Underway                 // a step that decides nothing, such as a challenge
	Failure                  // it was not done: a failure, a timeout, an expired session
	Denied                   // it was not allowed
	Abandoned                // of a login flow: nobody finished it
)

// failed reports whether something was tried and not done.
func (o Outcome) failed() bool { return o == Failure || o == Denied }

// outcomeOf reads the result of an authentication record, or the event that older ones
// have in its place.
func (e *event) outcome() Outcome {
	if e.Kind != audit.KindAuth {
		return Unknown
	}
	result := e.seen("result")
	if result == "" {
		result = e.seen("event")
	}
	return outcomes[strings.ToLower(unquoted(result))]
}

var outcomes = map[string]Outcome{
	"success": Success, "codeissued": Success,
	"inprogress": Underway, "authenticate": Underway, "domfa": Underway, "create": Underway,
	"failure": Failure, "timeout": Failure, "sessionexpired": Failure,
	"denied": Denied,
}

var flowOutcomes = map[audit.FlowOutcome]Outcome{
	audit.Succeeded: Success, audit.Denied: Denied, audit.Failed: Failure, audit.TimedOut: Failure,
	audit.Expired: Failure, audit.Abandoned: Abandoned, audit.InProgress: Underway,
}
