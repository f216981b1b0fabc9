package graph_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// flowPage is a page of login flows.
type flowPage struct {
	TotalCount int
	Edges      []struct {
		Cursor string
		Node   listedFlow
	}
	PageInfo struct {
		HasNextPage, HasPreviousPage bool
		StartCursor, EndCursor       *string
	}
}

type listedFlow struct {
	ID                 string
	StartedAt, EndedAt time.Time
}

const flowPageFields = `{ totalCount edges { cursor node { id startedAt endedAt } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`

func (p flowPage) nodes() []listedFlow {
	var nodes []listedFlow
	for _, edge := range p.Edges {
		nodes = append(nodes, edge.Node)
	}
	return nodes
}

func TestFlowsPageInEveryOrder(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	keys := map[string]func(listedFlow) int64{
		"STARTED_AT": func(f listedFlow) int64 { return f.StartedAt.UnixNano() },
		"ENDED_AT":   func(f listedFlow) int64 { return f.EndedAt.UnixNano() },
		"DURATION":   func(f listedFlow) int64 { return f.EndedAt.Sub(f.StartedAt).Milliseconds() },
	}
	for field, key := range keys {
		for _, direction := range []string{"ASC", "DESC"} {
			t.Run(field+" "+direction, func(t *testing.T) {
				t.Parallel()
				order := fmt.Sprintf("orderBy: {field: %s, direction: %s}", field, direction)
				forward := walkFlows(t, a, order, false)
				if !slices.IsSortedFunc(forward, func(x, y listedFlow) int {
					if direction == "DESC" {
						x, y = y, x
					}
					return cmp.Compare(key(x), key(y))
				}) {
					t.Error("the list is out of order")
				}
				ids := map[string]bool{}
				for _, f := range forward {
					ids[f.ID] = true
				}
				if len(ids) != len(forward) || len(forward) < 600 {
					t.Errorf("%d flows, %d different ones", len(forward), len(ids))
				}
				if backward := walkFlows(t, a, order, true); !slices.Equal(forward, backward) {
					t.Error("from the end it is another list")
				}
			})
		}
	}
}

// walkFlows reads a whole list in pages.
func walkFlows(t *testing.T, a *api, order string, backward bool) []listedFlow {
	t.Helper()
	paging := "first: 97, after: $cursor"
	if backward {
		paging = "last: 97, before: $cursor"
	}
	var all []listedFlow
	for cursor := (*string)(nil); ; {
		var data struct{ LoginFlows flowPage }
		a.ask(t, `query($cursor: String) { loginFlows(`+order+", "+paging+") "+flowPageFields+" }", variables{"cursor": cursor}, &data)
		page := data.LoginFlows
		if backward {
			all = append(page.nodes(), all...)
		} else {
			all = append(all, page.nodes()...)
		}
		more := page.PageInfo.HasNextPage
		if cursor = page.PageInfo.EndCursor; backward {
			more, cursor = page.PageInfo.HasPreviousPage, page.PageInfo.StartCursor
		}
		if !more {
			if page.TotalCount != len(all) {
				t.Errorf("totalCount is %d of %d", page.TotalCount, len(all))
			}
			return all
		}
	}
}

func TestACursorBelongsToItsOrder(t *testing.T) {
	t.Parallel()
	a := newAPI(t, attempts...)
	var data struct{ LoginFlows flowPage }
	a.ask(t, `{ loginFlows(first: 1, orderBy: {field: DURATION}) `+flowPageFields+` }`, nil, &data)
	err := a.refused(t, `query($after: String) { loginFlows(after: $after) { totalCount nodes { id } } }`,
		variables{"after": data.LoginFlows.PageInfo.EndCursor})
	if err.Extensions["code"] != "BAD_USER_INPUT" || err.Extensions["field"] != "after" {
		t.Errorf("got %q %v", err.Message, err.Extensions)
	}
}

func TestASearchIsOverTheRecordsOfAFlowTogether(t *testing.T) {
	t.Parallel()
	a := newAPI(t, append([]string{step("alone", "03:00:00", `"event_name":"Token","result":"Success","user_id":"cid"`)}, attempts...)...)
	for search, want := range map[string]string{
		`mfa failure`:                "ra",      // in one record
		`"mfa challenge" token`:      "ra",      // in two
		`event_name:Token user:ann`:  "ra",      // in one
		`result:failure user:bob`:    "",        // of two flows
		`-mfa`:                       "- rc rb", // no record of the flow has it
		`payroll OR session:s`:       "rb ra",
		`has:token_id`:               "ra",
		`-has:request_id`:            "-",
		`outcome:denied app:payroll`: "rb",
		`outcome:abandoned`:          "rc",
		`-outcome:succeeded`:         "rc rb",
		`last_stage:"mfa challenge" OR failed_stage:policy*`: "rb",
		`retries:1 via:request -has:conflict`:                "ra",
		`unique_id:a2`:                                       "ra",
		`time:>=2026-11-08T02:00:00Z`:                        "- rc", // when it began
	} {
		var data struct {
			LoginFlows struct {
				TotalCount int
				Nodes      []struct{ RequestID *string }
			}
		}
		a.ask(t, `query($search: String) { loginFlows(search: $search) { totalCount nodes { requestId } } }`, variables{"search": search}, &data)
		var got []string
		for _, flow := range data.LoginFlows.Nodes {
			if flow.RequestID == nil {
				got = append(got, "-")
				continue
			}
			got = append(got, *flow.RequestID)
		}
		if strings.Join(got, " ") != want || data.LoginFlows.TotalCount != len(got) {
			t.Errorf("%s finds %v (%d), want %q", search, got, data.LoginFlows.TotalCount, want)
		}
	}
}

func TestAFilterOfNetworksIsOverAllRecordsOfAFlow(t *testing.T) {
	t.Parallel()
	a := newAPI(t, step("1", "00:00:00", `"event_name":"Token","request_id":"r","source_ip":"10.1.2.3"`),
		step("2", "00:00:01", `"event_name":"Token","request_id":"r","source_ip":"2001:db8::1"`),
		step("3", "00:00:02", `"event_name":"Token","request_id":"q","source_ip":"192.0.2.1"`))
	for cidr, want := range map[string]int{"10.0.0.0/8": 1, "2001:db8::/32": 1, "0.0.0.0/0": 2, "192.0.2.1": 1, "172.16.0.0/12": 0} {
		var data struct{ LoginFlows struct{ TotalCount int } }
		a.ask(t, `query($cidr: String) { loginFlows(filter: {sourceIp: {cidr: $cidr}}) { totalCount } }`, variables{"cidr": cidr}, &data)
		if data.LoginFlows.TotalCount != want {
			t.Errorf("%s: %d flows, want %d", cidr, data.LoginFlows.TotalCount, want)
		}
	}
}

func TestRecordsOfFlowsThatASearchFindsShowWhatItFound(t *testing.T) {
	t.Parallel()
	a := newAPI(t, attempts...)
	var data struct {
		LoginFlows struct {
			Nodes []struct {
				Records []struct {
					UniqueID   string
					Highlights []struct{ Path string }
				}
			}
		}
	}
	a.ask(t, `{ loginFlows(search: "failure token") { nodes { records { uniqueId highlights { path } } } } }`, nil, &data)
	var found []string
	for _, record := range data.LoginFlows.Nodes[0].Records {
		for _, highlight := range record.Highlights {
			found = append(found, record.UniqueID+" "+highlight.Path)
		}
	}
	if want := []string{"a2 result", "a4 event_name"}; !slices.Equal(found, want) {
		t.Errorf("got %q, want %q", found, want)
	}
}
