package flow_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"pgregory.net/rapid"
)

func TestVerdictsSayWhatIsNotSure(t *testing.T) {
	t.Parallel()
	const request = "a | 0s | request_id=q | trace_id=t | token_id=k | session=s | user_id=u1 | event_name=Policy Evaluation | result=Denied\n"
	for name, c := range map[string]struct{ records, want string }{
		"what a trace ties is taken into account": {
			request + "b | 1s | trace_id=t | event_name=Token | result=Success",
			"u1 signed in, which took 1 s; MFA was never asked for. It had failed once before, at Policy Evaluation."},
		"what a session ties is not": {
			request + "b | 1s | session=s | event_name=Token | result=Success",
			"Policy Evaluation denied u1 access; MFA was never asked for. One record is part of it by a token or a session only, and not taken into account."},
		"several records are not": {
			request + "b | 1s | session=s\nc | 9h | token_id=k",
			"Policy Evaluation denied u1 access; MFA was never asked for. 2 records are part of it by a token or a session only, and not taken into account."},
		"an id was not followed": {
			request + "b | 1s | request_id=q | trace_id=t | user_id=u2",
			"Policy Evaluation denied u1 access; MFA was never asked for. Its records name 2 users: u1 and u2; " +
				"the trace_id t was not followed, since " + severalUsers + "."},
		"ids were not followed": {
			request + "b | 1s | request_id=q2 | trace_id=t | token_id=k",
			"Policy Evaluation denied u1 access; MFA was never asked for. 2 ids were not followed that might lead to further records."},
		"one record alone": {
			"a | 0s | event_name=Policy Evaluation | result=Denied | user_id=u1",
			"Policy Evaluation denied u1 access; MFA was never asked for. Its record has no request_id, so it may be of another attempt."},
		"records alone together": {
			"a | 0s | session=s | event_name=MFA Challenge | result=Create\nb | 2s | session=s | event_name=Token | result=Success | user_id=u1",
			"u1 signed in, which took 2 s; MFA was asked for but no record shows that it was passed. " +
				"Its records have no request_id, so they may be of more than one attempt."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flows := flow.StitchAll(rows(t, c.records), flow.Rules{Idle: idle})
			first := slices.IndexFunc(flows, func(s *flow.Stitched) bool { return s.Links[0].Record.UniqueID == "a" })
			if got := flows[first].Flow(began, idle).Verdict.Text; got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestEveryClauseOfAStitchedFlowCitesItsRecords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		for _, s := range flow.StitchAll(someWorld(t, rt), someRules(rt)) {
			f := s.Flow(began.Add(time.Hour), idle)
			rest := f.Verdict.Text
			for _, clause := range f.Verdict.Clauses {
				_, after, found := strings.Cut(rest, clause.Text)
				foreign := func(r *audit.Record) bool { return !slices.Contains(f.Records, r) }
				if !found || len(clause.Records) == 0 || slices.ContainsFunc(clause.Records, foreign) {
					rt.Fatalf("%s: %q cites %v, text %q", toldOf(s), clause.Text, ids(clause.Records), f.Verdict.Text)
				}
				rest = after
			}
			if rest != "." {
				rt.Fatalf("%q ends in %q", f.Verdict.Text, rest)
			}
		}
	})
}
