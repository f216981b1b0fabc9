package trail_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/trail"
)

// large is a reading of which as much is kept as there ever is.
var large = trail.Read{Outcome: trail.OK, Document: strings.Repeat("d", 1<<20), Parameters: strings.Repeat("p", 1<<20)}

// readUntilRefused lets somebody read while nothing can be written, and returns how often he could.
func readUntilRefused(t *testing.T, r *trail.Recorder, read trail.Read) (times int) {
	t.Helper()
	for ; times < 10_000; times++ {
		reading, err := r.Begin(as(t.Context(), vera))
		if err != nil {
			break
		}
		reading.End(read)
	}
	return times
}

func TestWhatWaitsToBeWrittenIsBoundedInNumberAndInBytes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		read         trail.Read
		fewest, most int
	}{
		{"small readings", trail.Read{Outcome: trail.OK}, 1000, 1024},
		{"large ones", large, 700, 850},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := trail.New(&kept{down: true}, trail.Options{})
				if times := readUntilRefused(t, r, test.read); times < test.fewest || times > test.most {
					t.Errorf("%d readings wait", times)
				}
				closing, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := r.Close(closing); err == nil {
					t.Error("all were written")
				}
			})
		})
	}
}

// One who reads so much that it cannot be written holds up himself.
func TestACallerLeavesRoomForOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &kept{down: true}
		r := trail.New(store, trail.Options{PendingBytes: 128 << 10})
		waiting := readUntilRefused(t, r, large)
		began := time.Now()
		begin(t, r, audit.MemberOf("victor", "one", audit.RoleViewer)).End(trail.Read{Outcome: trail.OK})
		if waited := time.Since(began); waiting == 0 || waited > 0 { // no time passes in the bubble but by waiting
			t.Errorf("behind %d readings of one, another waited for %s", waiting, waited)
		}
		store.fall(false)
		if err := r.Close(t.Context()); err != nil || len(store.all()) != waiting+1 {
			t.Errorf("%d events, %v", len(store.all()), err)
		}
	})
}

// sized is a store that knows the largest batch it was given.
type sized struct {
	kept
	largest int
}

func (s *sized) Append(ctx context.Context, batch []*audit.Record) ([]audit.Outcome, error) {
	bytes := 0
	for _, record := range batch {
		bytes += len(record.Raw)
	}
	s.largest = max(s.largest, bytes)
	return s.kept.Append(ctx, batch)
}

func TestManyLargeReadingsAreWrittenInParts(t *testing.T) {
	t.Parallel()
	store := &sized{}
	r := trail.New(store, trail.Options{})
	orgs := make([]string, 200)
	for i := range orgs {
		orgs[i] = strings.Repeat("o", 1+i)
	}
	begin(t, r, audit.MemberOfAll("mona", orgs, audit.RoleViewer)).End(large)
	if err := r.Close(t.Context()); err != nil || len(store.all()) != len(orgs) || store.largest > 2<<20 {
		t.Errorf("%d events, %v, the largest batch of %d bytes", len(store.all()), err, store.largest)
	}
}
