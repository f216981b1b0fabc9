package elastic

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

// What is asked of Elasticsearch, word for word; -update writes it anew, to be
// reviewed as a difference.
func TestRequestsOnTheWire(t *testing.T) {
	t.Parallel()
	events := newFormat(audit.Format{})
	words := query.And{Nodes: []query.Node{query.Words{Tokens: []string{"denied"}}, query.Words{Tokens: []string{"water", "sc"}, Prefix: true},
		query.Not{Node: query.FieldValue{Field: query.UserID, Value: "ann"}}}}
	filters := query.Or{Nodes: []query.Node{query.Exact{Field: query.Result, Values: []string{"Denied", "Granted"}},
		query.Network{Field: query.SourceIP, Prefix: netip.MustParsePrefix("2001:db8::/32")},
		query.TimeRange{From: testTime, To: testTime.Add(time.Hour)}, query.ExtraValue{Path: "device.os", Value: "lin", Prefix: true}}}
	scope, place := audit.Orgs("org-a", "org-b"), audit.Cursor{Time: testTime.Add(1), Org: "org-a", UniqueID: "u"}
	byRelevance, first := audit.Order{Field: audit.ByRelevance}, audit.Window{Limit: 50}
	for name, q := range map[string]audit.Query{
		"everything":   {Scope: audit.AllOrgs(), Window: first},
		"filters":      {Scope: scope, Kinds: []audit.Kind{audit.KindAuth}, Where: filters, Window: first},
		"words":        {Scope: scope, Where: words, Window: first},
		"by-relevance": {Scope: scope, Where: words, Order: byRelevance, Window: audit.Window{Limit: 50, After: &audit.Cursor{Order: byRelevance, Score: 1.5, Time: testTime}}},
		"backward":     {Scope: scope, Window: audit.Window{Limit: 50, Backward: true, After: &place, Before: &place}},
	} {
		expectWire(t, "search-"+name, events.newWalk(q).request())
	}
	keys := []audit.LookupKey{{Org: "org-a", Value: "s-1"}, {Org: "org-b", Value: "s-2"}}
	d := events.newDeal(audit.Lookup{Scope: scope, Field: query.Session, Keys: keys, Window: first})
	expectWire(t, "lookup", d.request())
	var all questions
	c := chart{request: audit.HistogramRequest{By: query.Result, Size: 5}, plan: events.planFor(audit.Query{Scope: scope})}
	c.askEnds(&all)
	c.askIntervals(&all, time.Hour)
	var searches []dsl.Search
	for _, question := range all {
		searches = append(searches, question.search)
	}
	expectWire(t, "histogram", searches)
}

func expectWire(t *testing.T, name string, request any) {
	t.Helper()
	text, err := json.MarshalIndent(request, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".json")
	if text = append(text, '\n'); *update {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(text) != string(want) {
		t.Errorf("%s (%v): got\n%s\nwant\n%s", path, err, text, want)
	}
}
