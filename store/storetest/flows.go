package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// OpenFlows opens an empty store of rows that change, of the format [FlowFormat].
// The suite closes it; what else the store needs is cleaned up by t.
type OpenFlows func(t testing.TB) audit.FlowStore

// RunFlows runs the suite for stores whose rows are replaced:
//
//	func TestFlowConformance(t *testing.T) {
//		storetest.RunFlows(t, func(t testing.TB) audit.FlowStore { return open(t, storetest.FlowFormat()) })
//	}
func RunFlows(t *testing.T, open OpenFlows) {
	t.Helper()
	runGroups(t, flowGroups(), open.asStore, Except{})
}

func flowGroups() []group {
	return slices.Concat(
		[]group{replaceGroup(), flowFeedGroup(), numberGroup(), flowFieldsGroup(), flowNodesGroup(), flowCountsGroup()},
		[]group{flowLookupGroup(), flowScopeGroup(), scanGroup(), flowLifecycleGroup(), registryGroup()},
		flowPropertyGroups(),
	)
}

// rowStore lets the checks ask a store of rows as they ask one of events.
type rowStore struct{ audit.FlowStore }

func (open OpenFlows) asStore(t testing.TB) audit.Store { return rowStore{open(t)} }

// Append makes rows that are new.
func (s rowStore) Append(ctx context.Context, batch []*audit.Record) ([]audit.Outcome, error) {
	changes := make([]audit.Replacement, len(batch))
	for i, row := range batch {
		changes[i].Row = row
	}
	return make([]audit.Outcome, len(batch)), s.Replace(ctx, changes)
}

// rows returns the store of rows that the subject is.
func (s *subject) rows() audit.FlowStore { return s.Store.(rowStore).FlowStore }

// replace makes changes that must be accepted, and notes them.
func (s *subject) replace(t testing.TB, changes ...audit.Replacement) {
	t.Helper()
	for some := range slices.Chunk(changes, audit.MaxPageSize) {
		if err := s.rows().Replace(context.Background(), some); err != nil {
			t.Fatalf("replace %d rows: %v", len(some), err)
		}
	}
	s.note(changes)
}

// note gives the oracle what the store was given.
func (s *subject) note(changes []audit.Replacement) {
	changed := map[audit.Key]bool{}
	for _, change := range changes {
		changed[change.Row.Key()] = true
	}
	s.Oracle = slices.DeleteFunc(slices.Clone(s.Oracle), func(r *audit.Record) bool { return changed[r.Key()] })
	for _, change := range changes {
		if !change.Remove {
			s.Oracle = append(s.Oracle, change.Row)
		}
	}
}

// versions returns the present version of every row.
func (s *subject) versions(t testing.TB) map[audit.Key]audit.Version {
	t.Helper()
	rows, err := walk(s.Store, audit.Query{Scope: audit.AllOrgs(), Window: audit.Window{Limit: audit.MaxPageSize}})
	if err != nil {
		t.Fatalf("read every row: %v", err)
	}
	versions := map[audit.Key]audit.Version{}
	for _, r := range rows {
		if r.Version == "" {
			t.Fatalf("a row was returned without its version: %s", describe(r))
		}
		versions[r.Key()] = r.Version
	}
	return versions
}

// held returns the row of the key as the store has it; nil for none.
func (s *subject) held(t testing.TB, key audit.Key) *audit.Record {
	t.Helper()
	page, err := s.Store.Search(context.Background(), audit.Query{Scope: audit.Orgs(key.Org), Window: audit.Window{Limit: 500},
		Where: exact(query.FlowID, key.UniqueID)})
	if err != nil {
		t.Fatalf("read the row %v: %v", key, err)
	}
	for _, r := range page.Records() {
		if r.Key() == key {
			return r
		}
	}
	return nil
}

// expectRows compares all that the store holds with the oracle, in every way that counts them.
func (s *subject) expectRows(t testing.TB) {
	t.Helper()
	if err := s.walkBoth(everything, 97); err != nil {
		t.Error(err)
	}
	checkCounts(t, s, everything, audit.Query{Scope: audit.Orgs("org-a")})
	for _, field := range []query.Field{query.FlowOutcome, query.FlowStage, query.Result, query.OrgID, query.FlowID} {
		checkFacet(t, s, audit.FacetRequest{Query: everything, Field: field, Size: audit.MaxFacetSize})
	}
	checkHistogram(t, s, audit.HistogramRequest{Query: everything, By: query.FlowOutcome, Size: 10})
	for _, order := range numberOrders() {
		if err := s.walkBoth(audit.Query{Scope: audit.AllOrgs(), Kinds: []audit.Kind{audit.KindFlow}, Order: order}, 97); err != nil {
			t.Error(err)
		}
	}
	if err := s.scanned(everything); err != nil {
		t.Error(err)
	}
}

// scanned compares a scan with the oracle: the same rows, with their fields.
func (s *subject) scanned(q audit.Query) error {
	var got []*audit.Record
	err := s.rows().Scan(context.Background(), q, func(r *audit.Record) bool {
		got = append(got, r)
		return true
	})
	if err != nil {
		return fmt.Errorf("scan %s: %w", describeQuery(q), err)
	}
	q.Order = audit.Order{}
	if err := differHeads(got, s.Matching(q)); err != nil {
		return fmt.Errorf("scan %s\n%w", describeQuery(q), err)
	}
	return nil
}
