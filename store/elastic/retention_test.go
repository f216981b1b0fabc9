package elastic

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

func TestRetentionDropsWholePartitionsAndNothingElse(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	var later atomic.Int64 // how much, in nanoseconds
	options := testOptions(t)
	options.Partition, options.Retention = Day, 3*day
	options.now = func() time.Time { return now.Add(time.Duration(later.Load())) }
	s := open(t, options)
	junk := []*audit.Record{event(t, "o", "junk", time.Unix(0, 0), ""), event(t, "o", "future", now.Add(48*time.Hour), "")}
	old := event(t, "o", "old", now.Add(-3*day), "")
	young := event(t, "o", "young", now.Add(-2*day-11*time.Hour), "")
	today := event(t, "o", "today", now, "")
	statuses(t, s, append(junk, old, young, today)...)
	drop := func() {
		t.Helper()
		if err := s.dropExpired(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	drop()
	expectHeld(t, s, append(junk, old, young, today)...)
	later.Store(int64(11 * time.Hour)) // the day of the oldest is not over for all of it
	drop()
	expectHeld(t, s, append(junk, old, young, today)...)
	later.Store(int64(12 * time.Hour))
	drop()
	drop()
	expectHeld(t, s, append(junk, young, today)...)
	if got := statuses(t, s, old); got[0] != audit.Accepted {
		t.Errorf("a record older than the retention is %v", got)
	}
	drop()
	expectHeld(t, s, append(junk, old, young, today)...) // in the overflow
}
