package trail_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/trail"
	"github.com/authtrail/authtrail/store/sqlite"
)

// kept is a store that keeps what it is given, unless it is down.
type kept struct {
	mu      sync.Mutex
	down    bool
	records []*audit.Record
}

func (k *kept) Append(_ context.Context, batch []*audit.Record) ([]audit.Outcome, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.down {
		return nil, &audit.Error{Code: audit.Unavailable, Message: "down"}
	}
	k.records = append(k.records, batch...)
	return make([]audit.Outcome, len(batch)), nil
}

func (k *kept) fall(down bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.down = down
}

func (k *kept) all() []*audit.Record {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.records)
}

func as(ctx context.Context, p audit.Principal) context.Context {
	ctx = trail.WithCaller(ctx, trail.Caller{RequestID: "RID", SourceIP: "192.0.2.1", UserAgent: "curl/8"})
	return audit.WithPrincipal(ctx, p)
}

func begin(t *testing.T, r *trail.Recorder, p audit.Principal) *trail.Reading {
	t.Helper()
	reading, err := r.Begin(as(t.Context(), p))
	if err != nil {
		t.Fatal(err)
	}
	return reading
}

var vera = audit.MemberOf("vera", "one", audit.RoleViewer)

func TestAReadingIsAnEventWithWhoAndWhat(t *testing.T) {
	t.Parallel()
	store := &kept{}
	at := time.Date(2026, 11, 1, 12, 0, 0, 5, time.UTC)
	r := trail.New(store, trail.Options{Now: func() time.Time { return at }})
	reading := begin(t, r, vera)
	reading.End(trail.Read{Protocol: "graphql", Operation: "query", Name: "Find", Document: "query Find { … }", Outcome: trail.OK, AnswerBytes: 7,
		Fields: []trail.Field{{"authAudits", map[string]any{"search": `user:"<bob>"`}}}})
	reading.End(trail.Read{Outcome: "a second end does nothing"})
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	records := store.all()
	if len(records) != 1 {
		t.Fatalf("there are %d events", len(records))
	}
	got := records[0]
	want := `{"org_id":"one","subsystem":"authtrail_reads","time":"2026-11-01T12:00:00.000000005Z","user_id":"vera","request_id":"RID","source_ip":"192.0.2.1",` +
		`"user_agent":"curl/8","protocol":"graphql","operation":"query","operation_name":"Find","fields":[{"field":"authAudits","arguments":{"search":"user:\"<bob>\""}}],` +
		`"document":"query Find { … }","outcome":"ok","answer_bytes":7,"duration_ms":0}`
	if string(got.Event()) != want {
		t.Errorf("the event is\n%s\nwant\n%s", got.Event(), want)
	}
	if got.Kind != audit.KindRead || got.Org != "one" || !got.Time.Equal(at) || !strings.HasPrefix(got.UniqueID, "read-") {
		t.Errorf("it is of the kind %s, in %q, at %s, %s", got.Kind, got.Org, got.Time, got.UniqueID)
	}
}

func TestEachOrgHasItsOwnEvent(t *testing.T) {
	t.Parallel()
	store := &kept{}
	r := trail.New(store, trail.Options{PendingBytes: 32 << 10})
	many := audit.MemberOfAll("mona", []string{"one", "two", "three"}, audit.RoleViewer) // more than there is room for
	begin(t, r, many).End(trail.Read{Outcome: trail.OK})
	begin(t, r, many).End(trail.Read{Outcome: trail.OK, Orgs: []string{"two"}})
	begin(t, r, many).Cancel()
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	orgs := map[string]int{}
	for _, record := range store.all() {
		orgs[record.Org]++
		for _, other := range []string{"one", "two", "three"} {
			if strings.Contains(record.Raw, other) != (other == record.Org) {
				t.Errorf("that of %s: %s", record.Org, record.Raw)
			}
		}
	}
	if !maps.Equal(orgs, map[string]int{"one": 1, "two": 2, "three": 1}) {
		t.Errorf("got %v", orgs)
	}
}

func TestNobodyReadsWhatCannotBeRecorded(t *testing.T) {
	t.Parallel()
	store := &kept{down: true}
	r := trail.New(store, trail.Options{PendingBytes: 128 << 10, Gather: time.Millisecond, Patience: 20 * time.Millisecond})
	for range 3 {
		begin(t, r, vera).End(trail.Read{Outcome: trail.OK})
	}
	_, err := r.Begin(as(t.Context(), vera))
	if known := audit.AsError(err); known.Code != audit.Unavailable || known.RetryAfter == 0 || !strings.Contains(known.Message, "cannot be recorded") {
		t.Errorf("got %v", err)
	}
	gone, cancel := context.WithCancel(as(t.Context(), vera))
	cancel()
	if _, err := r.Begin(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("of one who has gone: %v", err)
	}
	store.fall(false)
	for begun := false; !begun; { // it is written again until it works
		reading, err := r.Begin(as(t.Context(), vera))
		if begun = err == nil; begun {
			reading.End(trail.Read{Outcome: trail.OK})
		}
	}
	if err := r.Close(t.Context()); err != nil || len(store.all()) != 4 {
		t.Errorf("%d events, %v", len(store.all()), err)
	}
}

func TestWhatIsLostIsTold(t *testing.T) {
	t.Parallel()
	r := trail.New(&kept{down: true}, trail.Options{Gather: time.Millisecond})
	begin(t, r, vera).End(trail.Read{Outcome: trail.OK})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := r.Close(ctx); err == nil || !strings.Contains(err.Error(), "1 were not written") {
		t.Errorf("got %v", err)
	}
}

func TestLongReadingsAreCut(t *testing.T) {
	t.Parallel()
	store := &kept{}
	r := trail.New(store, trail.Options{})
	long := strings.Repeat("é", 1<<20)
	begin(t, r, vera).End(trail.Read{Document: long, Name: long, Outcome: trail.OK,
		Fields: []trail.Field{{"a", map[string]any{"search": "kept " + long}}, {"b", map[string]any{"search": "lost"}}}})
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var event struct {
		Cut    bool
		Fields []struct{ Arguments any }
	}
	raw := store.all()[0].Raw
	if err := json.Unmarshal(store.all()[0].Event(), &event); err != nil || !event.Cut || len(raw) > 40<<10 {
		t.Fatalf("%v: %d bytes, cut %v", err, len(raw), event.Cut)
	}
	if text, _ := event.Fields[0].Arguments.(string); !strings.HasPrefix(text, `{"search":"kept é`) || strings.Contains(raw, "lost") {
		t.Errorf("the arguments are %.100q", event.Fields)
	}
}

func TestReadingsOfManyAtOnceAreAllWritten(t *testing.T) {
	t.Parallel()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	r := trail.New(store, trail.Options{PendingBytes: 320 << 10, Gather: time.Millisecond})
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			for range 5 {
				begin(t, r, audit.MemberOf(fmt.Sprint("user-", i), "one", audit.RoleViewer)).End(trail.Read{Outcome: trail.OK})
			}
		})
	}
	all.Wait()
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	counts, err := store.Count(t.Context(), []audit.Query{
		{Scope: audit.AllOrgs()}, {Scope: audit.AllOrgs(), Kinds: vera.KindsOf(audit.KindGeneric)},
		{Scope: audit.AllOrgs(), Kinds: audit.MemberOf("o", "one", audit.RoleOwner).KindsOf(audit.KindGeneric)}})
	if err != nil || !slices.Equal(counts, []int{0, 0, 200}) {
		t.Errorf("got %v, %v", counts, err)
	}
}

func BenchmarkReading(b *testing.B) {
	r := trail.New(&kept{}, trail.Options{PendingBytes: 1 << 40})
	ctx := as(b.Context(), vera)
	read := trail.Read{Protocol: "graphql", Operation: "query", Name: "Find", Document: strings.Repeat("{ authAudits { nodes { id } } }", 20), Outcome: trail.OK,
		Fields: []trail.Field{{"authAudits", map[string]any{"search": "user:bob denied", "first": 50, "filter": map[string]any{"orgId": map[string]any{"eq": "one"}}}}}}
	b.ReportAllocs()
	for b.Loop() {
		reading, err := r.Begin(ctx)
		if err != nil {
			b.Fatal(err)
		}
		reading.End(read)
	}
	b.StopTimer()
	_ = r.Close(context.Background())
}
