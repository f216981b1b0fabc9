package flow_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

// Every walk over a list of flows, in pages of any size, in either direction,
// from either end, under any bounds, is the list that follows from all records.
func TestPagesAndEachFlowAreTheListOfAllFlows(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			records := randomRecords(t, random, 120)
			store := storeOf(t, records)
			for i := range 40 {
				q := randomQuery(random)
				bounds := [3]int{1 + random.IntN(9), 1 + random.IntN(12), random.IntN(2) * 1_000}
				reader := flow.NewReader(store, store, atReading, idle).Bounded(bounds[0], bounds[1], bounds[2])
				q.Window.Limit = 1 + i%7
				want := placesOf(q.Order, naive(records, q))
				checkWalks(t, reader, q, want)
				checkWindow(t, reader, q, naive(records, q), random)
				if t.Failed() {
					t.Fatalf("query %d: where %v search %v order %v limit %d bounds %v", i, q.Where, q.Search, q.Order, q.Window.Limit, bounds)
				}
			}
		})
	}
}

func atReading() time.Time { return began.Add(idle + 3*time.Second) }

func checkWalks(t *testing.T, reader *flow.Reader, q audit.FlowQuery, want []string) {
	t.Helper()
	var each []*audit.Flow
	err := reader.EachFlow(t.Context(), q, func(f *audit.Flow) bool {
		each = append(each, f)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]*audit.Flow{
		"EachFlow": each, "forward": forward(t, reader, q), "backward": backward(t, reader, q),
	} {
		if places := placesOf(q.Order, got); !slices.Equal(places, want) {
			t.Errorf("%s:\n got %q\nwant %q", name, places, want)
		}
	}
}

// checkWindow compares what lies between two places of a list, both included in none.
func checkWindow(t *testing.T, reader *flow.Reader, q audit.FlowQuery, list []*audit.Flow, random *rand.Rand) {
	t.Helper()
	if len(list) == 0 {
		return
	}
	begin, end := random.IntN(len(list)), random.IntN(len(list))
	after, before := q.Order.CursorAt(list[begin]), q.Order.CursorAt(list[end])
	q.Window.After, q.Window.Before = &after, &before
	want := placesOf(q.Order, list[min(begin+1, max(end, begin+1)):max(end, begin+1)])
	for name, got := range map[string][]*audit.Flow{"forward": forward(t, reader, q), "backward": backward(t, reader, q)} {
		if places := placesOf(q.Order, got); !slices.Equal(places, want) {
			t.Errorf("%s between %d and %d:\n got %q\nwant %q", name, begin, end, places, want)
		}
	}
}

func forward(t *testing.T, reader *flow.Reader, q audit.FlowQuery) []*audit.Flow {
	t.Helper()
	var all []*audit.Flow
	for range 2_000 {
		page := searched(t, reader, q)
		all = append(all, page.Flows...)
		if !page.HasNext {
			return all
		}
		q.Window.After = throughText(t, page.End, q.Order)
	}
	t.Fatal("the pages do not end")
	return nil
}

func backward(t *testing.T, reader *flow.Reader, q audit.FlowQuery) []*audit.Flow {
	t.Helper()
	q.Window.Backward = true
	var all []*audit.Flow
	for range 2_000 {
		page := searched(t, reader, q)
		all = append(slices.Clone(page.Flows), all...)
		if !page.HasPrevious {
			return all
		}
		q.Window.Before = throughText(t, page.Start, q.Order)
	}
	t.Fatal("the pages do not end")
	return nil
}

func searched(t *testing.T, reader *flow.Reader, q audit.FlowQuery) audit.FlowPage {
	t.Helper()
	page, err := reader.SearchFlows(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Flows) > q.Window.Limit {
		t.Fatalf("%d flows in a page of %d", len(page.Flows), q.Window.Limit)
	}
	return page
}

// throughText hands a cursor out and takes it back, as a client does.
func throughText(t *testing.T, c *audit.FlowCursor, order audit.FlowOrder) *audit.FlowCursor {
	t.Helper()
	parsed, err := audit.ParseFlowCursor(c.String(), order)
	if err != nil {
		t.Fatal(err)
	}
	return &parsed
}

// naive is the definition of a list of flows: group, build, match, sort.
func naive(records []*audit.Record, q audit.FlowQuery) []*audit.Flow {
	var flows []*audit.Flow
	for _, a := range attemptsOf(records) {
		f := flow.Build(a.org, a.requestID, a.records, atReading(), idle)
		found := func(r *audit.Record) bool { return query.Match(q.Search, r.Document()) }
		if q.Scope.Allows(a.org) && query.Match(q.Where, flow.Document(f)) && slices.ContainsFunc(f.Records, found) {
			flows = append(flows, f)
		}
	}
	slices.SortFunc(flows, func(a, b *audit.Flow) int { return q.Order.CursorAt(a).Compare(q.Order.CursorAt(b)) })
	return flows
}

func placesOf(order audit.FlowOrder, flows []*audit.Flow) []string {
	places := make([]string, len(flows))
	for i, f := range flows {
		at := order.CursorAt(f)
		places[i] = fmt.Sprintf("%s %q %q %d", at.Time.Format("05.0"), at.Org, at.RequestID, len(f.Records))
	}
	return places
}

// randomRecords crowds a few attempts of three orgs into a few instants, among
// other kinds of record and records without a request id.
func randomRecords(t *testing.T, random *rand.Rand, n int) []*audit.Record {
	t.Helper()
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	records := make([]*audit.Record, n)
	for i := range records {
		at := time.Duration(random.IntN(12)) * 500 * time.Millisecond
		records[i] = record(t, fmt.Sprintf("u%03d", random.IntN(1000)*1000+i), at,
			"org_id="+pick("", "org-1", "org-2", "org-2"),
			"request_id="+pick("", fmt.Sprint("req-", random.IntN(40)), fmt.Sprint("req-", random.IntN(40)), fmt.Sprint("req-", random.IntN(40))),
			"subsystem="+pick("auth", "auth", "auth", "auth", "api"),
			"event_name="+pick("Token", "MFA Challenge", "Policy Evaluation", "Authentication Request", ""),
			"stage="+pick("", "", "Token", "Login"),
			"event="+pick("", "Success", "Failure"),
			"result="+pick("Success", "Failure", "Denied", "InProgress", "DoMfa", "Create", "Timeout", "SessionExpired", "", "", "", ""),
			"user_id="+pick("", "ann", "bob", "cy"),
			"application_name="+pick("", "Wiki", "Water SCADA"),
			"session="+pick("", "", "s1", "s2"))
	}
	return records
}

func randomQuery(random *rand.Rand) audit.FlowQuery {
	q := audit.FlowQuery{Scope: audit.AllOrgs()}
	if random.IntN(3) == 0 {
		q.Scope = audit.Orgs("org-2", "")
	}
	q.Order = audit.FlowOrder{Field: audit.FlowOrderField(random.IntN(2)), Ascending: random.IntN(2) == 0}
	q.Where = randomCondition(random, 2)
	if random.IntN(4) == 0 {
		q.Search = query.Words{Tokens: []string{[]string{"denied", "wiki", "ann", "nothing"}[random.IntN(4)]}}
	}
	return q
}

func randomCondition(random *rand.Rand, depth int) query.Node {
	if depth > 0 && random.IntN(3) > 0 {
		nodes := []query.Node{randomCondition(random, depth-1), randomCondition(random, depth-1)}
		switch random.IntN(3) {
		case 0:
			return query.AllOf(nodes...)
		case 1:
			return query.AnyOf(nodes...)
		}
		return query.Negate(nodes[0])
	}
	exact := func(field query.Field, values ...string) query.Node { return query.Exact{Field: field, Values: values} }
	instant := began.Add(time.Duration(random.IntN(12)) * 500 * time.Millisecond)
	nanoseconds, ms := instant.UnixNano(), int64(random.IntN(4000))
	return []query.Node{
		nil, query.All{}, query.None{},
		query.TimeRange{From: instant}, query.TimeRange{To: instant}, query.TimeRange{From: instant, To: instant.Add(time.Second)},
		query.NumberRange{Field: query.FlowEndedAt, Min: &nanoseconds}, query.NumberRange{Field: query.FlowEndedAt, Max: &nanoseconds},
		query.NumberRange{Field: query.FlowDurationMS, Min: &ms},
		exact(query.FlowOutcome, string(audit.FlowOutcomes[random.IntN(7)]), string(audit.FlowOutcomes[random.IntN(7)])),
		exact(query.FlowLastStage, "Token"), exact(query.FlowFailedStage, "Login", "MFA Challenge"), exact(query.FlowStage, "Policy Evaluation"),
		query.Has{Field: query.FlowFailedStage}, query.ExactPrefix{Field: query.FlowLastStage, Prefix: "T"},
		exact(query.OrgID, "org-1"), exact(query.RequestID, "req-1", "req-2", "req-3"), query.Has{Field: query.OrgID},
		exact(query.UserID, "ann"), exact(query.UserID, "bob", "cy"), query.Has{Field: query.Session},
		query.FieldWords{Field: query.ApplicationName, Tokens: []string{"scada"}}, exact(query.ApplicationName, "Wiki"),
		query.Words{Tokens: []string{"denied"}},
	}[random.IntN(24)]
}
