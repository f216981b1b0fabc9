package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/secret"
	"github.com/authtrail/authtrail/store/sqlite"
)

// world is a store, its destinations, and what they receive.
type world struct {
	testing.TB
	store, flows *sqlite.Store
	receiver     *receiver
	destinations *destination.Store
	delivery     *Delivery
	stop         func() // ends the delivery, as a server that stops does
	log          *slog.Logger
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, receiver: &receiver{moved: make(chan struct{})}, log: slog.New(slog.DiscardHandler)}
	w.store, w.flows = openRows(t, audit.Events()), openRows(t, flow.Format())
	w.destinations = w.newDestinations()
	return w
}

func openRows(t testing.TB, format audit.Format) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir(), Format: format, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func (w *world) newDestinations() *destination.Store {
	return destination.New(destination.Options{Registry: w.store, Vault: secret.New(secret.Options{Registry: w.store}), Folder: destination.Folder{Path: w.TempDir()}})
}

// start begins to deliver, with options that are changed by some.
func (w *world) start(change ...func(*Options)) *Delivery {
	w.Helper()
	d, stop := w.process(w.destinations, w.receiver, change...)
	w.delivery, w.stop = d, stop
	return d
}

// process is a delivery as a process of its own has it.
func (w *world) process(destinations *destination.Store, to *receiver, change ...func(*Options)) (*Delivery, func()) {
	options := Options{
		Records: w.store, Flows: w.flows, Registry: w.store, Destinations: destinations, Alone: true,
		Openers:    map[string]Open{destination.Webhook: to.open},
		NewEncoder: func(destination.Destination) (Encoder, error) { return plain{}, nil },
		Poll:       20 * time.Millisecond, Logger: w.log,
	}
	for _, c := range change {
		c(&options)
	}
	d := New(options)
	ctx, cancel := context.WithCancel(w.Context())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) })
	stop := sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	w.Cleanup(stop)
	return d, stop
}

// destination stores a destination of the org "one", with members of its spec.
func (w *world) destination(name, members string) destination.Destination {
	w.Helper()
	d, err := w.destinations.Create(w.Context(), w.parse(name, members))
	if err != nil {
		w.Fatal(err)
	}
	return d
}

func (w *world) parse(name, members string) destination.Destination {
	w.Helper()
	d, err := destination.Parse(fmt.Appendf(nil, `{"spec":{"enabled":true,"name":%q,"org_id":"one","destination_type":"webhook",
		"location":"https://example.com/in","comment":"","filters":[]%s}}`, name, members))
	if err != nil {
		w.Fatal(err)
	}
	return d
}

// replace changes a destination.
func (w *world) replace(d destination.Destination, change func(*destination.Destination)) destination.Destination {
	w.Helper()
	change(&d)
	d, err := w.destinations.Replace(w.Context(), audit.Orgs("one"), d.ID, d)
	if err != nil {
		w.Fatal(err)
	}
	return d
}

func (w *world) health(d destination.Destination) destination.Health {
	w.Helper()
	all, err := w.delivery.Health(w.Context(), []destination.Destination{d})
	if err != nil {
		w.Fatal(err)
	}
	return all[0]
}

// store stores numbered events of an org, and returns their ids.
func (w *world) events(org string, from, to int) []string {
	w.Helper()
	var records []*audit.Record
	var ids []string
	for i := from; i < to; i++ {
		ids = append(ids, fmt.Sprint(org, "-", i))
		records = append(records, record(w, org, ids[i-from], fmt.Sprintf(`"n":%d,"name":"e%d"`, i, i%2)))
	}
	for some := range slices.Chunk(records, 500) {
		if _, err := w.store.Append(w.Context(), some); err != nil {
			w.Fatal(err)
		}
	}
	return ids
}

func record(t testing.TB, org, id, members string) *audit.Record {
	t.Helper()
	now := time.Now().UTC().Format(time.RFC3339Nano)
	r, err := audit.DecodeEvent(fmt.Appendf(nil, `{"unique_id":%q,"create_time":%q,"event":{"time":%q,"org_id":%q,%s}}`, id, now, now, org, members), org)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// plain writes events as they were sent; those that are named "unwritable" it cannot.
type plain struct{}

func (plain) Encode(to []byte, r *audit.Record) ([]byte, error) {
	var event struct{ Name string }
	if _ = json.Unmarshal(r.Event(), &event); event.Name == "unwritable" {
		return to, audit.Invalid("name", "cannot be written")
	}
	return append(to, r.Raw...), nil
}

func (plain) Filterable(r *audit.Record) []byte { return r.Event() }

// receiver is what all senders of a world speak to.
type receiver struct {
	mu      sync.Mutex
	got     []string   // ids that were taken, in order
	sent    [][]string // the ids of every batch
	answer  func(ctx context.Context, batch []string) (Result, error)
	opening error
	moved   chan struct{}
}

func (r *receiver) open(destination.Destination) (Sender, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return sending{r}, r.opening
}

// says has the receiver answer so from now on; nil takes everything.
func (r *receiver) says(answer func(ctx context.Context, batch []string) (Result, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

type sending struct{ *receiver }

func (s sending) Close() error { return nil }

func (s sending) Send(ctx context.Context, batch []Message) (Result, error) {
	ids := make([]string, len(batch))
	for i, m := range batch {
		ids[i] = m.ID
	}
	s.mu.Lock()
	answer := s.answer
	s.sent = append(s.sent, ids)
	s.mu.Unlock()
	var result Result
	var err error
	if answer != nil {
		result, err = answer(ctx, ids)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.moved)
	s.moved = make(chan struct{})
	if err != nil {
		return result, err
	}
	left := map[int]bool{}
	for _, i := range result.Retry {
		left[i] = true
	}
	for _, refused := range result.Refused {
		left[refused.Place] = true
	}
	for i, id := range ids {
		if !left[i] {
			s.got = append(s.got, id)
		}
	}
	return result, nil
}

func (r *receiver) taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func (r *receiver) batches() [][]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sent)
}

// gets waits until exactly these were taken, in their order.
func (r *receiver) gets(t testing.TB, want ...string) {
	t.Helper()
	eventually(t, func() bool { return len(r.taken()) >= len(want) }, func() string {
		return fmt.Sprintf("%d of %d events were taken", len(r.taken()), len(want))
	})
	if got := r.taken(); !slices.Equal(got, want) {
		t.Fatalf("the receiver took %q, want %q", shortened(got), shortened(want))
	}
}

func shortened(ids []string) []string { return ids[:min(len(ids), 20)] }

func eventually(t testing.TB, is func() bool, told func() string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(told())
		}
	}
}

// becomes waits until a destination is in a state.
func (w *world) becomes(d destination.Destination, is func(destination.Health) bool) {
	w.Helper()
	eventually(w, func() bool { return is(w.health(d)) }, func() string { return fmt.Sprintf("the delivery is %+v", w.health(d)) })
}

// listed lists all destinations.
func (w *world) listed() (all []destination.Destination) {
	w.Helper()
	page, err := w.destinations.List(w.Context(), destination.Query{Scope: audit.AllOrgs(), Limit: audit.MaxPageSize})
	if err != nil {
		w.Fatal(err)
	}
	return page.Destinations
}

func delivering(h destination.Health) bool { return h.State == destination.Delivering }
