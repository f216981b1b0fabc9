package flow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

// counting counts the round trips to a store and the rows that it returns.
type counting struct {
	store
	trips, rows int
}

func (c *counting) Search(ctx context.Context, q audit.Query) (audit.Page, error) {
	page, err := c.store.Search(ctx, q)
	c.trips++
	c.rows += len(page.Hits)
	return page, err
}

func (c *counting) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	c.trips++
	return c.store.Lookup(ctx, l)
}

// manyAttempts returns n attempts of three records, a minute apart; the last one is Ann's.
func manyAttempts(t *testing.T, n int) []*audit.Record {
	var records []*audit.Record
	for i := range n {
		user := "user_id=bob"
		if i == 0 {
			user = "user_id=ann"
		}
		for step, name := range []string{"Authentication Request", "Policy Evaluation", "Token"} {
			at := time.Duration(i)*time.Minute + time.Duration(step)*time.Second
			records = append(records, record(t, fmt.Sprintf("r%04d-%d", i, step), at,
				"event_name="+name, "result=Success", fmt.Sprintf("request_id=req-%04d", i), user))
		}
	}
	return records
}

func TestASearchThatFindsLittleStopsAndGoesOnFromThere(t *testing.T) {
	t.Parallel()
	store := storeOf(t, manyAttempts(t, 60))
	counted := &counting{store: store}
	reader := flow.NewReader(counted, counted, atReading, idle).Bounded(10, 30, 0)
	q := audit.FlowQuery{Scope: audit.AllOrgs(), Window: audit.FlowWindow{Limit: 5},
		Where: query.Negate(query.Exact{Field: query.UserID, Values: []string{"bob"}})}
	var calls int
	var found []string
	for {
		counted.rows = 0
		page := searched(t, reader, q)
		calls++
		if counted.rows > 50 {
			t.Errorf("call %d read %d records", calls, counted.rows)
		}
		for _, f := range page.Flows {
			found = append(found, f.RequestID)
		}
		if !page.HasNext {
			break
		}
		q.Window.After = throughText(t, page.End, q.Order)
	}
	if calls != 6 || !slices.Equal(found, []string{"req-0000"}) {
		t.Errorf("found %q in %d calls", found, calls)
	}
}

func TestASelectiveFilterLeadsStraightToItsFlows(t *testing.T) {
	t.Parallel()
	counted := &counting{store: storeOf(t, manyAttempts(t, 60))}
	reader := flow.NewReader(counted, counted, atReading, idle).Bounded(10, 30, 10)
	for name, q := range map[string]audit.FlowQuery{
		"a user":        {Where: query.Exact{Field: query.UserID, Values: []string{"ann"}}},
		"a search":      {Search: query.Words{Tokens: []string{"ann"}}},
		"among others":  {Where: query.AllOf(query.Has{Field: query.UserID}, query.Exact{Field: query.UserID, Values: []string{"ann"}})},
		"a request id":  {Where: query.Exact{Field: query.RequestID, Values: []string{"req-0000"}}},
		"an early time": {Where: query.TimeRange{To: began.Add(time.Minute)}},
	} {
		counted.trips = 0
		q.Scope, q.Window.Limit = audit.AllOrgs(), 5
		page := searched(t, reader, q)
		if len(page.Flows) != 1 || page.Flows[0].RequestID != "req-0000" || page.HasNext || counted.trips > 3 {
			t.Errorf("%s: %d flows, more %t, %d round trips", name, len(page.Flows), page.HasNext, counted.trips)
		}
	}
}

func TestAPageCostsAsManyRoundTripsWhateverItsSize(t *testing.T) {
	t.Parallel()
	counted := &counting{store: storeOf(t, manyAttempts(t, 60))}
	reader := flow.NewReader(counted, counted, atReading, idle)
	for _, limit := range []int{1, 50} {
		counted.trips = 0
		page := searched(t, reader, audit.FlowQuery{Scope: audit.AllOrgs(), Window: audit.FlowWindow{Limit: limit}})
		if len(page.Flows) != limit || !page.HasNext || counted.trips != 2 {
			t.Errorf("%d flows of %d, more %t, %d round trips", len(page.Flows), limit, page.HasNext, counted.trips)
		}
	}
}

func TestWhatASearchRefuses(t *testing.T) {
	t.Parallel()
	store := storeOf(t, nil)
	reader := flow.NewReader(store, store, atReading, idle)
	other := audit.FlowOrder{Field: audit.ByEnd}.CursorAt(&audit.Flow{})
	for name, c := range map[string]struct {
		query audit.FlowQuery
		code  audit.Code
		field string
	}{
		"no scope":       {audit.FlowQuery{Window: audit.FlowWindow{Limit: 1}}, audit.Internal, ""},
		"no limit":       {audit.FlowQuery{Scope: audit.AllOrgs()}, audit.BadUserInput, "limit"},
		"a huge limit":   {audit.FlowQuery{Scope: audit.AllOrgs(), Window: audit.FlowWindow{Limit: 501}}, audit.BadUserInput, "limit"},
		"foreign after":  {audit.FlowQuery{Scope: audit.AllOrgs(), Window: audit.FlowWindow{Limit: 1, After: &other}}, audit.BadUserInput, "after"},
		"foreign before": {audit.FlowQuery{Scope: audit.AllOrgs(), Window: audit.FlowWindow{Limit: 1, Before: &other}}, audit.BadUserInput, "before"},
	} {
		_, err := reader.SearchFlows(t.Context(), c.query)
		var refused *audit.Error
		if !errors.As(err, &refused) || refused.Code != c.code || refused.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := reader.EachFlow(t.Context(), audit.FlowQuery{}, nil); audit.AsError(err) == nil || audit.AsError(err).Code != audit.Internal {
		t.Errorf("each flow of no scope: %v", err)
	}
	if _, err := reader.LookupFlows(t.Context(), audit.Scope{}, nil); err == nil {
		t.Error("flows were looked up without a scope")
	}
}

func TestErrorsOfTheStoreComeThrough(t *testing.T) {
	t.Parallel()
	store := storeOf(t, manyAttempts(t, 2))
	reader := flow.NewReader(store, store, atReading, idle)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := reader.SearchFlows(ctx, audit.FlowQuery{Scope: audit.AllOrgs(), Window: audit.FlowWindow{Limit: 1}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("search: %v", err)
	}
	err = reader.EachFlow(ctx, audit.FlowQuery{Scope: audit.AllOrgs()}, func(*audit.Flow) bool { return true })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("each: %v", err)
	}
	_, err = reader.LookupFlows(ctx, audit.AllOrgs(), []audit.FlowKey{{AnyOrg: true, RequestID: "req-0000"}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("lookup: %v", err)
	}
}

func TestEachFlowEndsWhenTold(t *testing.T) {
	t.Parallel()
	store := storeOf(t, manyAttempts(t, 9))
	reader := flow.NewReader(store, store, atReading, idle)
	for _, where := range []query.Node{nil, query.Exact{Field: query.UserID, Values: []string{"bob"}}} {
		var got []string
		err := reader.EachFlow(t.Context(), audit.FlowQuery{Scope: audit.AllOrgs(), Where: where}, func(f *audit.Flow) bool {
			got = append(got, f.RequestID)
			return len(got) < 2
		})
		if err != nil || !slices.Equal(got, []string{"req-0008", "req-0007"}) {
			t.Errorf("%q, %v", got, err)
		}
	}
}
