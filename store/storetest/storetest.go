// Package storetest is the conformance suite: what every store must do, whatever
// it is built on. A store's test file calls it in two lines:
//
//	func TestConformance(t *testing.T) {
//		storetest.Run(t, func(t testing.TB) audit.Store { return open(t, t.TempDir()) })
//	}
//
// The answers are held against an [Oracle], a few lines of plain Go over the
// search language's own matcher.
package storetest

import (
	"context"
	"slices"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// Open opens an empty store. The suite closes it; what else the store needs
// (a folder, a server) is cleaned up by t.
type Open func(t testing.TB) audit.Store

// Except says what an adapter cannot do. The zero value runs everything.
type Except struct {
	// RepeatAtAnotherTime: a unique_id sent again with another time of its own is
	// not always seen as a repeat, since the time decides where a record is kept.
	RepeatAtAnotherTime bool
}

// Run runs the suite against stores that open returns.
func Run(t *testing.T, open Open, except ...Except) {
	t.Helper()
	var known Except
	for _, e := range except {
		known.RepeatAtAnotherTime = known.RepeatAtAnotherTime || e.RepeatAtAnotherTime
	}
	runGroups(t, groups(), open, known)
}

func runGroups(t *testing.T, groups []group, open Open, known Except) {
	t.Helper()
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			shared := g.prepare(t, open, known)
			for _, c := range g.checks {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(t, g.subjectOf(t, shared, open, known))
				})
			}
		})
	}
}

// group is checks that look at the same records. With records they share one
// store, filled once, and only read; without, each has an empty store of its own.
type group struct {
	name    string
	records func() []*audit.Record
	checks  []check
}

// check is one thing that a store must do.
type check struct {
	name string
	run  func(t testing.TB, s *subject)
}

// subject is the store under test, and the records it holds.
type subject struct {
	audit.Store
	Oracle
	except Except
}

func groups() []group {
	return slices.Concat(
		[]group{pagingGroup(), largePages(), crowdGroup(), awkwardGroup(), appendGroup(), fieldsGroup(), nodesGroup(), textGroup()},
		[]group{scopeGroup(), lookupGroup(), countGroup(), histogramGroup(), feedGroup(), relevanceGroup(), lifecycleGroup()},
		[]group{registryGroup()},
		propertyGroups(),
	)
}

// prepare opens and fills the store that the group's checks share, if they do.
func (g group) prepare(t testing.TB, open Open, except Except) *subject {
	t.Helper()
	if g.records == nil {
		return nil
	}
	s := newSubject(t, open, except)
	s.fill(t, g.records())
	return s
}

func (g group) subjectOf(t testing.TB, shared *subject, open Open, except Except) *subject {
	t.Helper()
	if shared != nil {
		return shared
	}
	return newSubject(t, open, except)
}

func newSubject(t testing.TB, open Open, except Except) *subject {
	t.Helper()
	s := &subject{Store: open(t), except: except}
	t.Cleanup(func() { _ = s.Close() }) // some checks have closed it themselves
	return s
}

// batchSize is how many records the suite appends at once.
const batchSize = 500

// fill appends records that must all be accepted.
func (s *subject) fill(t testing.TB, records []*audit.Record) {
	t.Helper()
	for batch := range slices.Chunk(records, batchSize) {
		outcomes, err := s.Append(context.Background(), batch)
		if err != nil {
			t.Fatalf("append %d records: %v", len(batch), err)
		}
		if len(outcomes) != len(batch) {
			t.Fatalf("append %d records: %d outcomes", len(batch), len(outcomes))
		}
		for i, outcome := range outcomes {
			if outcome.Status != audit.Accepted {
				t.Fatalf("append: outcome %+v for the new record\n\t%s", outcome, describe(batch[i]))
			}
		}
	}
	s.Oracle = append(s.Oracle, records...)
}
