package correlate_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/correlate"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/storetest"
)

// oracle is a store of a few records.
type oracle struct{ storetest.Oracle }

func (o oracle) Lookup(_ context.Context, l audit.Lookup) ([]audit.Page, error) {
	return o.Oracle.Lookup(l), l.Validate()
}

// Records that share few ids, so that many traces cannot be trusted.
func TestGeneratedRecordsLeadWhereTheRulesSay(t *testing.T) {
	t.Parallel()
	distrusted := 0
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 9))
		records := anyRecords(t, random)
		for kind, field := range fieldOf {
			key := correlate.Key{Kind: kind, Value: fmt.Sprintf("%s-%d", field, random.IntN(4)), Org: "org-1"}
			if kind == correlate.Record {
				key.Value = "r1"
			}
			hops := 1 + random.IntN(correlate.MaxHops)
			c := correlated(t, oracle{records}, key, correlate.Options{MaxHops: hops})
			distrusted += len(c.Conflicts)
			got := map[string]bool{}
			for _, n := range c.Nodes {
				got[string(fieldOf[n.Kind])+" "+n.Value] = true
			}
			if want := byTheRules(records, string(field)+" "+key.Value, kind != correlate.Record, hops); !maps.Equal(got, want) {
				t.Fatalf("seed %d, %s %s, %d hops: got %v, want %v", seed, kind, key.Value, hops, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
			}
		}
	}
	if distrusted < 100 {
		t.Errorf("only %d ids could not be trusted", distrusted)
	}
}

func anyRecords(t *testing.T, random *rand.Rand) []*audit.Record {
	var text strings.Builder
	for i := range 4 + random.IntN(20) {
		fmt.Fprintf(&text, "r%d | subsystem=%s", i, []string{"auth", "api", "access"}[random.IntN(3)])
		for _, field := range []query.Field{query.RequestID, query.TraceID, query.TokenID, query.Session, query.UserID, query.SourceIP} {
			if random.IntN(3) == 0 {
				fmt.Fprintf(&text, " | %s=%s-%d", field, field, random.IntN(4))
			}
		}
		text.WriteString("\n")
	}
	return recordsOf(t, text.String())
}

// byTheRules returns the nodes "field value" that a key leads to, by going through
// all records for every id.
func byTheRules(records []*audit.Record, key string, isID bool, hops int) map[string]bool {
	reached, followed := map[string]bool{}, map[string]bool{}
	reach := func(found []*audit.Record) {
		for _, r := range found {
			reached["unique_id "+r.UniqueID] = true
			for _, id := range idsThatLeadOn(r) {
				reached[id] = true
			}
		}
	}
	start := havingAll(records, key)
	if len(start) == 0 {
		return reached
	}
	reach(start)
	if isID {
		reached[key], followed[key] = true, true
		hops--
		if !trustworthy(key, start) {
			return reached
		}
	}
	for range hops {
		for _, id := range slices.Collect(maps.Keys(reached)) { // those that this hop adds are for the next
			if strings.HasPrefix(id, "unique_id ") || followed[id] {
				continue
			}
			if followed[id] = true; trustworthy(id, havingAll(records, id)) {
				reach(havingAll(records, id))
			}
		}
	}
	return reached
}

func idsThatLeadOn(r *audit.Record) (ids []string) {
	for _, field := range []query.Field{query.RequestID, query.TraceID, query.TokenID, query.Session} {
		if value, ok := r.Get(field); ok {
			ids = append(ids, string(field)+" "+value)
		}
	}
	return ids
}

func havingAll(records []*audit.Record, id string) (found []*audit.Record) {
	field, value, _ := strings.Cut(id, " ")
	for _, r := range records {
		if got, _ := r.Get(query.Field(field)); got == value {
			found = append(found, r)
		}
	}
	return found
}

// trustworthy reports whether an id is no trace of several users or attempts.
func trustworthy(id string, records []*audit.Record) bool {
	users, attempts := map[string]bool{}, map[string]bool{}
	for _, r := range records {
		if user, ok := r.Get(query.UserID); ok {
			users[user] = true
		}
		if attempt, ok := r.Get(query.RequestID); ok {
			attempts[attempt] = true
		}
	}
	return !strings.HasPrefix(id, "trace_id ") || len(users) < 2 && len(attempts) < 2
}
