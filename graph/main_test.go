package graph_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.uber.org/goleak"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/graph"
	"github.com/authtrail/authtrail/indexer"
)

// now is when the tests take place: a day after the sample events.
var now = time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)

// idle is how long an undecided flow may be silent before it counts as abandoned.
const idle = 15 * time.Minute

// api is the schema over real stores, asked as a server asks it.
type api struct {
	*calls
	store countedStore
	flows countedFlows
	exec  *executor.Executor
	log   *lockedBuffer
}

// newAPI returns an API over stores of its own that hold the events and their flows.
func newAPI(t *testing.T, events ...string) *api {
	t.Helper()
	s := open(t, t.TempDir(), events)
	t.Cleanup(s.close)
	return apiOver(t, s)
}

// sampled is the stores of the sample events, which tests only read.
var sampled struct {
	sync.Once
	dir string
	stores
}

func TestMain(m *testing.M) {
	code := m.Run()
	if sampled.events != nil {
		sampled.close()
		_ = os.RemoveAll(sampled.dir)
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// sampleAPI returns an API over the sample events.
func sampleAPI(t *testing.T) *api {
	t.Helper()
	sampled.Do(func() {
		dir, err := os.MkdirTemp("", "authtrail-graph")
		if err != nil {
			t.Fatal(err)
		}
		sampled.dir, sampled.stores = dir, open(t, dir, sampleEvents(t))
	})
	return apiOver(t, sampled.stores)
}

func sampleEvents(t *testing.T) []string {
	t.Helper()
	return eventsIn(t, "../testdata/sample-events.ndjson")
}

// eventsIn returns the events of a file, one a line.
func eventsIn(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var events []string
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		events = append(events, lines.Text())
	}
	return events
}

// add stores events.
func add(t testing.TB, store audit.Appender, events ...string) {
	t.Helper()
	var batch []*audit.Record
	for _, event := range events {
		record, err := audit.DecodeEvent(json.RawMessage(event), "")
		if err != nil {
			t.Fatalf("decode %s: %v", event, err)
		}
		batch = append(batch, record)
	}
	if len(batch) == 0 {
		return
	}
	if _, err := store.Append(context.Background(), batch); err != nil {
		t.Fatal(err)
	}
}

func apiOver(t *testing.T, s stores) *api {
	t.Helper()
	made := &calls{}
	a := &api{calls: made, store: countedStore{s.events, made}, flows: countedFlows{s.flows, made}, log: &lockedBuffer{}}
	ingest := indexer.New(a.store, indexer.Options{Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() { _ = ingest.Drain(context.Background()) })
	logger := slog.New(slog.NewTextHandler(a.log, nil))
	clock := func() time.Time { return now }
	a.exec = executor.New(graph.New(graph.Deps{
		Store: a.store, Flows: flow.NewView(a.flows, clock, idle, flow.Options{}), Ingester: ingest, Now: clock, Logger: logger,
	}))
	a.exec.SetErrorPresenter(graph.ErrorPresenter(logger))
	a.exec.SetRecoverFunc(graph.Recover(logger))
	return a
}

// add stores events and the flows that they come to.
func (a *api) add(t *testing.T, events ...string) {
	t.Helper()
	add(t, a.store, events...)
	stitch(t, stores{a.store.Store, a.flows.FlowStore})
}

type variables = map[string]any

// begin starts an operation for a caller.
func (a *api) begin(
	ctx context.Context, caller audit.Principal, document string, vars variables,
) (graphql.ResponseHandler, context.Context, gqlerror.List) {
	ctx = graphql.StartOperationTrace(audit.WithPrincipal(ctx, caller))
	op, errs := a.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: document, Variables: overTheWire(vars)})
	if errs != nil {
		return nil, ctx, a.exec.DispatchError(graphql.WithOperationContext(ctx, op), errs).Errors
	}
	next, ctx := a.exec.DispatchOperation(ctx, op)
	return next, ctx, nil
}

// overTheWire returns variables as a transport reads them.
func overTheWire(vars variables) variables {
	text, err := json.Marshal(vars)
	if err != nil {
		panic(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var read variables
	if err := decoder.Decode(&read); err != nil {
		panic(err)
	}
	return read
}

// tryAs runs a query or a mutation for a caller.
func (a *api) tryAs(caller audit.Principal, document string, vars variables) (json.RawMessage, gqlerror.List) {
	next, ctx, errs := a.begin(context.Background(), caller, document, vars)
	if errs != nil {
		return nil, errs
	}
	response := next(ctx)
	return response.Data, response.Errors
}

// ask runs a query or a mutation that must succeed, for the caller of every
// org, and reads its data.
func (a *api) ask(t *testing.T, document string, vars variables, into any) {
	t.Helper()
	a.askAs(t, audit.Everyone(), document, vars, into)
}

func (a *api) askAs(t *testing.T, caller audit.Principal, document string, vars variables, into any) {
	t.Helper()
	data, errs := a.tryAs(caller, document, vars)
	if len(errs) > 0 {
		t.Fatalf("errors: %v\nlog: %s", errs, a.log)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("read %s: %v", data, err)
	}
}

// refused runs what must fail with one error, and returns it.
func (a *api) refused(t *testing.T, document string, vars variables) *gqlerror.Error {
	t.Helper()
	data, errs := a.tryAs(audit.Everyone(), document, vars)
	if len(errs) != 1 {
		t.Fatalf("%d errors instead of one: %v; data: %s", len(errs), errs, data)
	}
	return errs[0]
}
