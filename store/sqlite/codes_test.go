package sqlite

import (
	"context"
	"fmt"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/storetest"
)

// manyValues are records whose fields have more values than there are codes,
// and records that have one value in several fields.
func manyValues(t *testing.T) []*audit.Record {
	t.Helper()
	var records []*audit.Record
	for i := range 3 * maxCodes {
		n := i % (maxCodes + 8)
		records = append(records, event(t, fmt.Sprintf("many-%d", i), noon, fmt.Sprintf(
			`"event_name":"Évent Number %d","application_name":"Water Plant %d","user_agent":"Mozilla/5.0 (Robot %d) like Gecko"`, n, n, n)))
	}
	for i, same := range []string{"Water Plant 1", "Water Plant 39", "Evening Shift", "event number 3"} {
		records = append(records, event(t, fmt.Sprintf("same-%d", i), noon, fmt.Sprintf(
			`"event_name":%[1]q,"application_name":%[1]q,"client_id":%[1]q,"user_agent":%[1]q,"org_name":%[1]q,"description":%[1]q,"request_id":%[1]q`, same)))
	}
	return append(records,
		event(t, "generic", noon, `"log_type":"access","hostname":"Water Plant 1","sub":"Water Plant 1"`),
		event(t, "number", noon, `"log_type":"access","hostname":7`))
}

func TestCodedValuesAreFoundAsAnyOther(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	records := manyValues(t)
	add(t, s, records...)
	expectSearches(t, s, records)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openIn(t, dir)
	late := event(t, "late", noon, `"event_name":"Évent Number 1","hostname":"a new host","user_agent":"Mozilla/5.0 (Robot 39) like Gecko"`)
	add(t, s, late)
	expectSearches(t, s, append(records, late))
}

func expectSearches(t *testing.T, s *Store, records []*audit.Record) {
	t.Helper()
	nodes := []query.Node{
		query.Exact{Field: query.EventName, Values: []string{"Évent Number 1", "Évent Number 39", "event number 1"}},
		query.Exact{Field: query.UserAgent, Values: []string{"Mozilla/5.0 (Robot 1) like Gecko"}},
		query.Exact{Field: query.UserAgent, Values: []string{"Water Plant 1"}},
		query.Exact{Field: query.Description, Values: []string{"Water Plant 39"}},
		query.Exact{Field: query.RequestID, Values: []string{"Water Plant 1"}},
		query.ExactPrefix{Field: query.ApplicationName, Prefix: "Water Plant 3"},
		query.FieldValue{Field: query.ApplicationName, Value: "water plant 1"},
		query.Has{Field: query.UserAgent}, query.Not{Node: query.Has{Field: query.EventName}},
	}
	for _, search := range []string{"mozilla", "robot", `"robot 1"`, `"robot 3*"`, "wat*", "plant -39", "number", "évent", "event_name:event*", `event_name:"event number 1"`,
		`app:"plant 1"`, `app:water`, `org_name:"water plant 1"`, "generic", "7", "hostname:7", `hostname:"water plant 1"`, "gecko OR shift", "-mozilla", "3"} {
		node, err := query.Parse(search, noon)
		if err != nil {
			t.Fatalf("parse %s: %v", search, err)
		}
		nodes = append(nodes, node)
	}
	for _, node := range nodes {
		expectAnswer(t, s, records, node)
	}
}

// expectAnswer compares what the store finds and counts with what the records say.
func expectAnswer(t *testing.T, s *Store, records []*audit.Record, where query.Node) {
	t.Helper()
	q := everything500()
	q.Where = where
	want := storetest.Oracle(records).Search(q)
	page, err := s.Search(context.Background(), q)
	if err != nil {
		t.Fatalf("search %s: %v", where, err)
	}
	if got, want := fmt.Sprint(ids(page.Records())), fmt.Sprint(ids(want.Records())); got != want {
		t.Errorf("search %s:\n\tfound %s\n\twant  %s", where, got, want)
	}
	q.Order = audit.Order{Field: audit.ByRelevance}
	if page, err = s.Search(context.Background(), q); err != nil || len(page.Hits) != len(want.Hits) {
		t.Errorf("search %s by relevance: %d hits (%v), want %d", where, len(page.Hits), err, len(want.Hits))
	}
	counts, err := s.Count(context.Background(), []audit.Query{q})
	if err != nil || counts[0] != len(want.Hits) {
		t.Errorf("count %s: %v (%v), want %d", where, counts, err, len(want.Hits))
	}
	for _, field := range []query.Field{query.EventName, query.UserAgent, query.ClientID, query.Hostname} {
		request := audit.FacetRequest{Query: q, Field: field, Size: 100}
		facets, err := s.Facets(context.Background(), []audit.FacetRequest{request})
		if want := storetest.Oracle(records).Facet(request); err != nil || fmt.Sprint(facets[0]) != fmt.Sprint(want) {
			t.Errorf("values of %s among %s: %v (%v), want %v", field, where, facets, err, want)
		}
	}
}
