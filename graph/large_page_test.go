package graph_test

import (
	"fmt"
	"strings"
	"testing"
)

// largeEvents are generic events of a megabyte each, in a session.
func largeEvents(session string, n int) []string {
	blob := strings.Repeat("lorem ipsum ", 1_000_000/12)
	events := make([]string, n)
	for i := range events {
		events[i] = fmt.Sprintf(`{"unique_id":"%s-%02d","create_time":"2026-11-01T00:00:%02dZ","event":{"subsystem":"access","org_id":"o","session":%q,"blob":%q}}`,
			session, i, i, session, blob)
	}
	return events
}

func TestAPageUnderASessionEndsOnceItsEventsAreLarge(t *testing.T) {
	t.Parallel()
	a := newAPI(t, append(largeEvents("s", 20), largeEvents("t", 12)...)...)
	const list = `id events(first: 500, after: $after) { edges { cursor node { uniqueId } } pageInfo { hasNextPage endCursor } }`
	type session struct {
		ID     string
		Events page
	}
	var one struct{ S, T session }
	a.ask(t, `query($after: String) { s: session(id: "s") { `+list+` } t: session(id: "t") { `+list+` } }`, nil, &one)
	if got := one.S.Events; len(got.Edges) != 16 || !got.PageInfo.HasNextPage {
		t.Errorf("the first page has %d rows, more %t; want 16 of a megabyte", len(got.Edges), got.PageInfo.HasNextPage)
	}
	if got := one.T.Events; len(got.Edges) != 12 || got.PageInfo.HasNextPage {
		t.Errorf("a list of 12 megabytes has %d rows, more %t", len(got.Edges), got.PageInfo.HasNextPage)
	}
	var rest struct{ S session }
	a.ask(t, `query($after: String) { s: session(id: "s") { `+list+` } }`, variables{"after": *one.S.Events.PageInfo.EndCursor}, &rest)
	if got := append(one.S.Events.ids(), rest.S.Events.ids()...); len(got) != 20 || got[16] != "s-16" || rest.S.Events.PageInfo.HasNextPage {
		t.Errorf("both pages have %q", got)
	}
	var both struct{ Nodes []session }
	a.ask(t, `query($ids: [ID!]!, $after: String) { nodes(ids: $ids) { ... on Session { `+list+` } } }`, variables{"ids": []string{one.S.ID, one.T.ID}}, &both)
	for _, got := range both.Nodes {
		if n := len(got.Events.Edges); n != 8 || !got.Events.PageInfo.HasNextPage {
			t.Errorf("of two pages that share 16 MiB, one has %d rows", n)
		}
	}
}
