package flow_test

import (
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Of the 600 sample attempts, 61 auth records have lost their request_id, so
// that the exact id does not find them. Where such a record is the one that
// decides, or the last, the flow lacks its end; the other losses leave outcome,
// last stage and times as they are.
func TestExactIDsAgainstTheTruth(t *testing.T) {
	t.Parallel()
	attempts := sampleAttempts(t)
	all := sampleTruth(t)
	if len(all) != 600 || len(attempts) != 600 {
		t.Fatalf("%d attempts of %d", len(attempts), len(all))
	}
	var whole, alike, endLost, lost int
	for _, want := range all {
		f := attempts[audit.Key{Org: want.Org, UniqueID: want.RequestID}].build()
		missing := len(want.Records) - len(f.Records)
		lost += missing
		same := string(f.Outcome) == want.Outcome && f.LastStage == want.LastStage &&
			f.StartedAt.Equal(asSent(want.Started)) && f.EndedAt.Equal(asSent(want.Ended))
		final := f.Records[len(f.Records)-1].UniqueID == want.Records[len(want.Records)-1]
		switch {
		case missing == 0 && same:
			whole++
		case final && same:
			alike++
		case !final && !same:
			endLost++
		default:
			t.Errorf("%s (%s): %s at %s from %s to %s, want %+v", want.RequestID, want.Kind,
				f.Outcome, f.LastStage, f.StartedAt, f.EndedAt, want)
		}
	}
	if lost != 61 || whole != 542 || alike != 54 || endLost != 4 {
		t.Errorf("%d records without a request_id; %d attempts are whole, %d lack a record without consequence, %d lack their end",
			lost, whole, alike, endLost)
	}
}

// asSent cuts a time as the events do, which were sent with microseconds.
func asSent(t time.Time) time.Time { return t.Truncate(time.Microsecond) }

func TestEveryOutcomeOfTheSampleIsFound(t *testing.T) {
	t.Parallel()
	got := map[audit.FlowOutcome]int{}
	for _, attempt := range sampleAttempts(t) {
		got[attempt.build().Outcome]++
	}
	// The truth has 366 successes, 46 denials and 49 abandoned attempts: three
	// denials and the token of one service account lost their request_id.
	want := map[audit.FlowOutcome]int{audit.Succeeded: 365, audit.Denied: 43, audit.Failed: 47,
		audit.TimedOut: 45, audit.Expired: 47, audit.Abandoned: 53}
	for outcome, n := range want {
		if got[outcome] != n {
			t.Errorf("%s: %d, want %d", outcome, got[outcome], n)
		}
	}
}
