package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
)

// largeRecords returns records of one attempt, of about so many bytes each.
func largeRecords(t *testing.T, sizes ...int) []*audit.Record {
	records := make([]*audit.Record, len(sizes))
	for i, size := range sizes {
		records[i] = record(t, fmt.Sprintf("r%04d", i), time.Duration(i)*time.Second, "event_name=Policy Evaluation", "note="+strings.Repeat("x", size))
	}
	return records
}

func TestALargeAttemptKeepsItsBeginningAndItsEnd(t *testing.T) {
	t.Parallel()
	const mib = 1<<20 - 1<<10
	for name, c := range map[string]struct {
		sizes []int
		want  []int // of the records
	}{
		"as much as fits":       {[]int{mib, mib, mib, mib}, []int{0, 1, 2, 3}},
		"one too many":          {[]int{mib, mib, mib, mib, mib}, []int{0, 1, 3, 4}},
		"two too many":          {[]int{mib, mib, mib, mib, mib, mib}, []int{0, 1, 4, 5}},
		"a small one at ends":   {[]int{1, mib, mib, mib, mib, mib, 1}, []int{0, 1, 2, 4, 5, 6}},
		"small ones in between": {[]int{mib, mib, 1, 1, mib, mib, mib}, []int{0, 1, 2, 5, 6}},
	} {
		records := largeRecords(t, c.sizes...)
		var want []string
		for _, i := range c.want {
			want = append(want, records[i].UniqueID)
		}
		slices.Reverse(records)
		f := flow.Build("org-1", "req-1", records, began, idle)
		if got := ids(f.Records); !slices.Equal(got, want) || f.Truncated != (len(want) < len(records)) {
			t.Errorf("%s: %v, truncated %t, want %v", name, got, f.Truncated, want)
		}
		if cut := strings.Contains(f.Verdict.Text, "nothing is said here"); cut != f.Truncated {
			t.Errorf("%s: %s", name, f.Verdict.Text)
		}
	}
}

// An attempt whose own records were all cut out still has an outcome, and a row.
func TestAnAttemptMayLoseItsOwnRecords(t *testing.T) {
	t.Parallel()
	records := []*audit.Record{record(t, "own", 0, "token_id=k", "token_id=k", "result=Failure", "event_name=Token")}
	for i := range 900 {
		at := time.Duration(i-450)*time.Second + time.Millisecond
		records = append(records, record(t, fmt.Sprintf("r%03d", i), at, "request_id=", "token_id=k", "note="+strings.Repeat("x", 5<<10)))
	}
	for _, s := range flow.StitchAll(records, flow.Rules{Idle: idle}) {
		f := s.Flow(afterSample, idle)
		if !f.Truncated || len(f.Records) < 700 || slices.Contains(ids(f.Records), "own") || f.RequestID != "req-1" {
			t.Errorf("%d records of %s", len(f.Records), f.RequestID)
		}
		made, _ := newRow(s)
		if len(made.Raw) > flow.Format().MaxBytes {
			t.Errorf("the row has %d bytes", len(made.Raw))
		}
	}
}

func TestTheLargestRowFits(t *testing.T) {
	t.Parallel()
	value := func(c string) string { return strings.Repeat(c, 1<<20-1<<10) }
	records := []*audit.Record{
		record(t, "a", 0, "event_name="+value("a"), "result=Failure"),
		record(t, "b", 1, "request_id=", "token_id="+value("b"), "user_id=u"),
		record(t, "c", 2, "application_name="+value("c")),
		record(t, "d", 3, "user_agent="+value("d")),
		record(t, "e", 4, "result="+value("e")),
	}
	for _, s := range flow.StitchAll(records, flow.Rules{Idle: idle}) {
		made, restored := newRow(s)
		if got, most := len(made.Raw), flow.Format().MaxBytes; got > most {
			t.Errorf("%d bytes of at most %d", got, most)
		}
		if _, err := flow.StateOf(restored); err != nil {
			t.Error(err)
		}
	}
}
