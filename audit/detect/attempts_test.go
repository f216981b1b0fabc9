package detect_test

import (
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
)

const nobody = "-" // the user of attempts that name none

// noon is when the flows of the tests begin.
var noon = time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)

// try is an attempt of a test. What is left out is usual.
type try struct {
	org, user, ip, agent, idp, token string
	at                               time.Duration // after noon
	steps                            []audit.Stage // a login unless given
}

var (
	login    = []audit.Stage{step("Authentication Request", "InProgress"), step("Identity Provider Callback", "Success"), step("Token", "Success")}
	wrong    = []audit.Stage{step("Authentication Request", "InProgress"), step("Identity Provider Callback", "Failure")}
	asserted = []audit.Stage{step("Assertion Request", "Success"), step("Token", "Success")}
)

func step(name, result string) audit.Stage {
	return audit.Stage{EventName: name, Result: result, Count: 1}
}

func (a try) flow(n int) *audit.Flow {
	or := func(value, usual string) string {
		if value == "" {
			return usual
		}
		return value
	}
	f := &audit.Flow{ID: fmt.Sprintf("flow-%04d", n), Org: or(a.org, "org-1"), RequestID: fmt.Sprintf("req-%04d", n),
		UserID: or(a.user, "ann"), UpstreamUserID: or(a.user, "ann") + "@example", UpstreamIDP: or(a.idp, "okta"),
		StartedAt: noon.Add(a.at), SourceIPs: []string{or(a.ip, "192.0.2.1")}, UserAgents: []string{or(a.agent, "Browser/1.0")},
		Outcome: audit.Abandoned, Stages: a.steps}
	if a.user == nobody {
		f.UserID, f.UpstreamUserID = "", ""
	}
	if a.token != "" {
		f.Tokens = []string{a.token}
	}
	if f.Stages == nil {
		f.Stages = login
	}
	for i := range f.Stages {
		f.Stages[i].StartedAt = f.StartedAt.Add(time.Duration(i) * time.Second)
	}
	last := f.Stages[len(f.Stages)-1]
	f.EndedAt, f.LastStage = last.StartedAt, last.EventName
	switch {
	case last.EventName == "Token" && last.Result == "Success":
		f.Outcome = audit.Succeeded
	case last.Result == "Failure":
		f.Outcome, f.FailedStage = audit.Failed, last.EventName
	}
	return f
}

// worldWith has the flows of some attempts, and some other records.
func worldWith(tries []try, records ...*audit.Record) *world {
	w := newWorld(records)
	for n, a := range tries {
		a.steps = append([]audit.Stage(nil), a.steps...)
		if len(a.steps) == 0 {
			a.steps = append(a.steps, login...)
		}
		w.add(a.flow(n))
	}
	return w.sorted()
}

// repeated returns n attempts, each some time after the one before.
func repeated(n int, every time.Duration, a try, change ...func(int, *try)) []try {
	var all []try
	for i := range n {
		next := a
		next.at = a.at + time.Duration(i)*every
		for _, c := range change {
			c(i, &next)
		}
		all = append(all, next)
	}
	return all
}
