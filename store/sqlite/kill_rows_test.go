package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/storetest"
)

// killedRows is how many rows the process that is killed replaces again and again.
const killedRows = 40

// TestNoReplacementIsLostWhenTheProcessIsKilled is
// TestNothingAcknowledgedIsLostWhenTheProcessIsKilled for rows: each must be in the
// state that was acknowledged last or in a later one, everywhere.
func TestNoReplacementIsLostWhenTheProcessIsKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	last := map[string]int{} // revision
	for round := range 4 {
		acknowledged := map[string]bool{}
		killAWriter(t, dir, "TestReplacerThatIsKilled", round, acknowledged)
		for state := range acknowledged {
			id, revision, _ := strings.Cut(state, "=")
			n, err := strconv.Atoi(revision)
			if err != nil {
				t.Fatal(err)
			}
			last[id] = max(last[id], n)
		}
		if len(acknowledged) == 0 {
			t.Errorf("round %d acknowledged nothing", round)
		}
		checkWholeRows(t, dir, last)
	}
}

// checkWholeRows requires a sound database with every row in one state.
func checkWholeRows(t *testing.T, dir string, last map[string]int) {
	t.Helper()
	s := openRows(t, dir)
	batch, err := s.Since(t.Context(), "", 1_000)
	if err != nil {
		t.Fatal(err)
	}
	fed := map[string]*audit.Record{}
	for _, r := range batch.Records {
		if fed[r.UniqueID] != nil {
			t.Errorf("%s is in the feed twice", r.UniqueID)
		}
		fed[r.UniqueID] = r
	}
	q := everything500()
	page, err := s.Search(t.Context(), q)
	if err != nil || len(page.Hits) != len(fed) {
		t.Fatalf("%d rows, of which %d are fed: %v", len(page.Hits), len(fed), err)
	}
	for _, r := range page.Records() {
		state, _ := r.Get(query.FlowRetries)
		if n, err := strconv.Atoi(state); err != nil || n < last[r.UniqueID] {
			t.Errorf("%s is in the state %s, and %d was acknowledged", r.UniqueID, state, last[r.UniqueID])
		}
		if f := fed[r.UniqueID]; f == nil || f.Raw != r.Raw || f.Version != r.Version {
			t.Errorf("%s is fed in another state", r.UniqueID)
		}
		q.Where = query.And{Nodes: []query.Node{query.Exact{Field: query.FlowRetries, Values: []string{state}}, query.Words{Tokens: []string{"state", state}}}}
		found := search(t, s, q)
		if !strings.Contains(" "+strings.Join(found, " ")+" ", " "+r.UniqueID+" ") {
			t.Errorf("the index has %s in another state than %s", r.UniqueID, state)
		}
	}
	for id := range last {
		if fed[id] == nil {
			t.Errorf("%s is gone", id)
		}
	}
	counts, err := s.Count(t.Context(), []audit.Query{everything500()})
	if err != nil || counts[0] != len(fed) {
		t.Errorf("the tally has %v of %d rows: %v", counts, len(fed), err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	checkIntegrity(t, dir)
}

// TestReplacerThatIsKilled is the child process; by itself it does nothing.
func TestReplacerThatIsKilled(t *testing.T) {
	dir := os.Getenv(killDir)
	if dir == "" {
		return // there is nothing to do in the process of the test above
	}
	s, err := Open(t.Context(), Options{Dir: dir, Format: storetest.FlowFormat()})
	if err != nil {
		t.Fatal(err)
	}
	revisions, versions := map[string]int{}, map[string]audit.Version{}
	for {
		batch, err := s.Since(context.Background(), "", 1_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range batch.Records {
			state, _ := r.Get(query.FlowRetries)
			revisions[r.UniqueID], _ = strconv.Atoi(state)
			versions[r.UniqueID] = r.Version
		}
		var changes []audit.Replacement
		var said []string
		for i := range killedRows {
			if id := fmt.Sprintf("row-%d", i); rand.IntN(3) > 0 {
				n := revisions[id] + 1
				changes = append(changes, audit.Replacement{Row: stateOf(id, n), Was: versions[id]})
				said = append(said, fmt.Sprintf("%s=%d", id, n))
			}
		}
		if err := s.Replace(context.Background(), changes); err != nil {
			t.Fatal(err)
		}
		_, _ = os.Stdout.WriteString(strings.Join(said, " ") + "\n")
	}
}

// stateOf is the n-th state of a row, at a time of its own.
func stateOf(id string, n int) *audit.Record {
	return storetest.FlowFormat().Restore(audit.Stored{Kind: audit.KindFlow, Org: "o", UniqueID: id,
		Time: noon.Add(time.Duration(n%5) * 100 * time.Minute),
		Raw:  fmt.Sprintf("{\"retries\":[\"%d\"]}\n{\"Said\":[[\"note\",\"state %d of %s\"]]}\n", n, n, strings.Repeat("many ", n%50))})
}
