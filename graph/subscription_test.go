package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/authtrail/authtrail/audit"
)

const tail = `subscription($filter: AuthAuditFilter, $search: String, $after: String) {
  authAuditAdded(filter: $filter, search: $search, after: $after) { position uniqueId highlights { path } } }`

// follower reads a subscription.
type follower struct {
	t    *testing.T
	next graphql.ResponseHandler
	ctx  context.Context
	stop context.CancelFunc
}

type added struct {
	Position, UniqueID string
	Highlights         []struct{ Path string }
}

func follow(t *testing.T, a *api, caller audit.Principal, document string, vars variables) *follower {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Minute)
	t.Cleanup(stop)
	next, ctx, errs := a.begin(ctx, caller, document, vars)
	if errs != nil {
		t.Fatal(errs)
	}
	return &follower{t: t, next: next, ctx: ctx, stop: stop}
}

// read waits for the next record.
func (f *follower) read() added {
	f.t.Helper()
	var data struct{ AuthAuditAdded added }
	f.readInto(&data)
	return data.AuthAuditAdded
}

// readInto waits for what comes next.
func (f *follower) readInto(data any) {
	f.t.Helper()
	response := f.next(f.ctx)
	if response == nil || len(response.Errors) > 0 {
		f.t.Fatalf("the subscription ended: %+v", response)
	}
	if err := json.Unmarshal(response.Data, data); err != nil {
		f.t.Fatal(err)
	}
}

func (f *follower) ids(n int) []string {
	f.t.Helper()
	var ids []string
	for range n {
		ids = append(ids, f.read().UniqueID)
	}
	return ids
}

func TestASubscriptionYieldsWhatIsAdded(t *testing.T) {
	t.Parallel()
	a := newAPI(t, steps(3)...)
	f := follow(t, a, audit.Everyone(), tail, nil)
	a.add(t, step("n1", "00:00:00", `"event_name":"Token","request_id":"r1"`),
		step("n2", "00:00:00", `"action":"list","api_name":"x"`), step("n3", "00:00:00", `"event_name":"Token"`))
	first, second := f.read(), f.read()
	if first.UniqueID != "n1" || second.UniqueID != "n3" {
		t.Errorf("got %+v and %+v", first, second)
	}
	f.stop()
	if response := f.next(f.ctx); response != nil {
		t.Errorf("after the end comes %+v", response)
	}
}

func TestASubscriptionResumesExactlyAfterAnyRecord(t *testing.T) {
	t.Parallel()
	var events, want []string
	for i := range 40 { // every third one is for the subscriber
		result := "Success"
		if i%3 == 0 {
			result = "Denied"
			want = append(want, fmt.Sprint("e-", i))
		}
		events = append(events, step(fmt.Sprint("e-", i), "00:00:00", `"event_name":"Token","result":"`+result+`"`))
	}
	a := newAPI(t, events...)
	start := variables{"after": "", "search": "denied"}
	whole := follow(t, a, audit.Everyone(), tail, start)
	for i := range want {
		record := whole.read()
		if record.UniqueID != want[i] || record.Position == "" || len(record.Highlights) != 1 {
			t.Fatalf("record %d is %+v, want %s", i, record, want[i])
		}
		if i == len(want)-1 {
			break
		}
		resumed := follow(t, a, audit.Everyone(), tail, variables{"after": record.Position, "search": "denied"})
		if got := resumed.read().UniqueID; got != want[i+1] {
			t.Errorf("after %s comes %s, want %s", want[i], got, want[i+1])
		}
		resumed.stop()
	}
	without := follow(t, a, audit.Everyone(), `subscription { authAuditAdded(after: "", filter: {result: {eq: "Denied"}}) { uniqueId } }`, nil)
	if got := without.ids(len(want)); !slices.Equal(got, want) {
		t.Errorf("without positions it yields %v, want %v", got, want)
	}
}

func TestASubscriptionThatDoesNotFollowEndsWithWhatIsStored(t *testing.T) {
	t.Parallel()
	a := newAPI(t, steps(3)...)
	const stored = `subscription($search: String) { authAuditAdded(after: "", search: $search, follow: false) { uniqueId } }`
	for search, want := range map[string]int{"has:unique_id": 3, "nowhere": 0} {
		f := follow(t, a, audit.Everyone(), stored, variables{"search": search})
		f.ids(want)
		if response := f.next(f.ctx); response != nil || f.ctx.Err() != nil {
			t.Errorf("%s: after %d records comes %+v, %v", search, want, response, f.ctx.Err())
		}
	}
}

func TestAPositionOfAListLeadsOnFromIt(t *testing.T) {
	t.Parallel()
	a := newAPI(t, steps(5)...)
	var data struct {
		AuthAudits struct {
			Position string
			Nodes    []any
		}
	}
	a.ask(t, `{ authAudits { position nodes { id } } }`, nil, &data)
	a.add(t, step("later", "00:00:00", `"event_name":"Token"`))
	f := follow(t, a, audit.Everyone(), tail, variables{"after": data.AuthAudits.Position})
	if got := f.read().UniqueID; got != "later" {
		t.Errorf("the next record is %s", got)
	}
}

func TestASubscriberSeesItsOwnOrgOnly(t *testing.T) {
	t.Parallel()
	a := newAPI(t, twins...)
	f := follow(t, a, audit.MemberOf("bob", "two", audit.RoleViewer), tail, variables{"after": ""})
	a.add(t, `{"unique_id":"c","create_time":"2026-11-01T00:00:00Z","event":{"event_name":"Token","org_id":"two"}}`)
	if got := f.ids(2); !slices.Equal(got, []string{"a", "c"}) {
		t.Errorf("got %v", got)
	}
}

func TestAWrongPositionIsRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	err := a.refused(t, tail, variables{"after": "yesterday"})
	if err.Extensions["code"] != "BAD_USER_INPUT" || err.Extensions["field"] != "after" {
		t.Errorf("got %q %v", err.Message, err.Extensions)
	}
}

func TestASubscriptionThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	f := follow(t, a, audit.Everyone(), tail, nil)
	if err := a.store.Close(); err != nil {
		t.Fatal(err)
	}
	response := f.next(f.ctx)
	if response == nil || len(response.Errors) != 1 || response.Errors[0].Extensions["code"] != "UNAVAILABLE" {
		t.Fatalf("got %+v", response)
	}
	if response = f.next(f.ctx); response != nil {
		t.Errorf("after the error comes %+v", response)
	}
}
