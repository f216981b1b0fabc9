package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

type page struct {
	TotalCount int
	Edges      []struct {
		Cursor string
		Node   struct{ UniqueID string }
	}
	PageInfo struct {
		HasNextPage, HasPreviousPage bool
		StartCursor, EndCursor       *string
	}
}

func (p page) ids() []string {
	var ids []string
	for _, edge := range p.Edges {
		ids = append(ids, edge.Node.UniqueID)
	}
	return ids
}

// steps are events of one org, of which several happened at the same time.
func steps(n int) []string {
	var events []string
	for i := range n {
		events = append(events, fmt.Sprintf(`{"unique_id":"e-%03d","create_time":"2026-11-01T00:00:%02dZ","event":{`+
			`"event_name":"Token","result":"Success","org_id":"o","session":"s","request_id":"r-%d"}}`, i, i/4, i/10))
	}
	return events
}

func TestPagingNeitherRepeatsNorSkips(t *testing.T) {
	t.Parallel()
	a := newAPI(t, steps(23)...)
	var want []string
	for i := range 23 {
		want = append(want, fmt.Sprintf("e-%03d", i))
	}
	newest := slices.Clone(want)
	slices.Reverse(newest)
	for name, test := range map[string]struct {
		list     string
		backward bool
		want     []string
	}{
		"forward":                  {`authAudits`, false, newest},
		"backward":                 {`authAudits`, true, newest},
		"forward, oldest first":    {`authAudits@orderBy: {field: TIME, direction: ASC}`, false, want},
		"forward, in a session":    {`session(id: "s") { records`, false, want},
		"backward, in a session":   {`session(id: "s") { records`, true, want},
		"forward, filtered by org": {`authAudits@filter: {orgId: {eq: "o"}}`, false, newest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			var cursor *string
			for range 10 {
				p := onePage(t, a, test.list, test.backward, cursor)
				if p.TotalCount != 23 {
					t.Fatalf("totalCount is %d", p.TotalCount)
				}
				if test.backward {
					got = append(p.ids(), got...)
				} else {
					got = append(got, p.ids()...)
				}
				more := p.PageInfo.HasNextPage
				cursor = p.PageInfo.EndCursor
				if test.backward {
					more, cursor = p.PageInfo.HasPreviousPage, p.PageInfo.StartCursor
				}
				if !more {
					break
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v\nwant %v", got, test.want)
			}
		})
	}
}

// onePage reads five rows before or after a cursor. What stands after an @ are arguments.
func onePage(t *testing.T, a *api, list string, backward bool, cursor *string) page {
	t.Helper()
	field, arguments, _ := strings.Cut(list, "@")
	paging := "first: 5, after: $cursor"
	if backward {
		paging = "last: 5, before: $cursor"
	}
	selection := `{ totalCount edges { cursor node { uniqueId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`
	document := fmt.Sprintf(`query($cursor: String) { %s(%s, %s) %s }`, field, arguments, paging, selection)
	document = strings.Replace(document, "(, ", "(", 1)
	if strings.HasPrefix(field, "session") {
		var data struct{ Session struct{ Records page } }
		a.ask(t, document+"}", variables{"cursor": cursor}, &data)
		return data.Session.Records
	}
	var data struct{ AuthAudits page }
	a.ask(t, document, variables{"cursor": cursor}, &data)
	return data.AuthAudits
}

func TestFlowsAndTracesPageLikeEverythingElse(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	type flows struct {
		TotalCount int
		Nodes      []struct{ RequestID string }
		PageInfo   struct {
			HasNextPage bool
			EndCursor   *string
		}
	}
	var all, last struct{ LoginFlows flows }
	a.ask(t, `{ loginFlows(first: 500) { totalCount nodes { requestId } pageInfo { hasNextPage endCursor } } }`, nil, &all)
	rest := all.LoginFlows.TotalCount - len(all.LoginFlows.Nodes)
	a.ask(t, `query($after: String) { loginFlows(first: 500, after: $after) { totalCount nodes { requestId } pageInfo { hasNextPage endCursor } } }`,
		variables{"after": all.LoginFlows.PageInfo.EndCursor}, &last)
	if len(last.LoginFlows.Nodes) != rest || rest <= 0 {
		t.Errorf("after 500 of %d flows come %d", all.LoginFlows.TotalCount, len(last.LoginFlows.Nodes))
	}
	type traces struct {
		TotalCount int
		Nodes      []struct{ TraceID string }
		PageInfo   struct {
			HasNextPage, HasPreviousPage bool
			EndCursor                    string
		}
	}
	var flow struct {
		LoginFlow struct{ All, First, Last traces }
	}
	document := `query($id: String!, $after: String) { loginFlow(requestId: $id) { all: traces { ...traces }
	  first: traces(first: 1) { ...traces } last: traces(first: 500, after: $after) { ...traces } } }
	  fragment traces on TraceConnection { totalCount nodes { traceId } pageInfo { hasNextPage hasPreviousPage endCursor } }`
	id := all.LoginFlows.Nodes[0].RequestID
	a.ask(t, document, variables{"id": id}, &flow)
	first := flow.LoginFlow.First
	a.ask(t, document, variables{"id": id, "after": first.PageInfo.EndCursor}, &flow)
	if got := append(first.Nodes, flow.LoginFlow.Last.Nodes...); !slices.Equal(got, flow.LoginFlow.All.Nodes) || len(got) < 2 {
		t.Errorf("one and the rest are %v, all are %v", got, flow.LoginFlow.All.Nodes)
	}
	if !first.PageInfo.HasNextPage || flow.LoginFlow.Last.PageInfo.HasNextPage || !flow.LoginFlow.Last.PageInfo.HasPreviousPage {
		t.Errorf("pages are %+v and %+v", first.PageInfo, flow.LoginFlow.Last.PageInfo)
	}
}

func TestCountsCostNothingUnlessAskedFor(t *testing.T) {
	t.Parallel()
	a := newAPI(t, steps(3)...)
	for document, want := range map[string][]string{
		`{ authAudits { nodes { uniqueId } pageInfo { endCursor } edges { cursor } } }`: {"search"},
		`{ authAudits { totalCount } }`:                                            {"count"},
		`{ authAudits { facets(fields: [RESULT, EVENT_NAME]) { field } } }`:        {"facets"},
		`{ authAudits { position nodes { uniqueId } } }`:                           {"end", "search"},
		`{ authAudits { position } }`:                                              {"end"},
		`{ authAudits { nodes { sessionView { sessionId } trace { traceId } } } }`: {"search"},
	} {
		a.ask(t, document, nil, new(any))
		if got := a.taken(); !slices.Equal(got, want) {
			t.Errorf("%s costs %q, want %q", document, got, want)
		}
	}
}
