package graph_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// calls are the calls that read the stores.
type calls struct {
	mu    sync.Mutex
	made  []string
	fail  error         // what every search fails with, if set
	takes time.Duration // how long each call takes at least
}

func (c *calls) count(format string, args ...any) error {
	c.mu.Lock()
	c.made = append(c.made, fmt.Sprintf(format, args...))
	fail, takes := c.fail, c.takes
	c.mu.Unlock()
	time.Sleep(takes)
	return fail
}

// taken returns the calls since it was last called.
func (c *calls) taken() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	made := c.made
	c.made = nil
	return made
}

// countedStore is a store of events whose calls are counted.
type countedStore struct {
	audit.Store
	*calls
}

func (s countedStore) Search(ctx context.Context, q audit.Query) (audit.Page, error) {
	if err := s.count("search"); err != nil {
		return audit.Page{}, err
	}
	return s.Store.Search(ctx, q)
}

func (s countedStore) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	_ = s.count("look up %s of %v", fieldsOf(l), l.Kinds)
	return s.Store.Lookup(ctx, l)
}

func (s countedStore) Count(ctx context.Context, queries []audit.Query) ([]int, error) {
	_ = s.count("count")
	return s.Store.Count(ctx, queries)
}

func (s countedStore) Facets(ctx context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	_ = s.count("facets")
	return s.Store.Facets(ctx, requests)
}

func (s countedStore) Histograms(ctx context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	_ = s.count("histograms")
	return s.Store.Histograms(ctx, requests)
}

func (s countedStore) End(ctx context.Context) (audit.Position, error) {
	_ = s.count("end")
	return s.Store.End(ctx)
}

func (s countedStore) Since(ctx context.Context, after audit.Position, limit int) (audit.FeedBatch, error) {
	_ = s.count("since")
	return s.Store.Since(ctx, after, limit)
}

// countedFlows is a store of login flows whose calls are counted.
type countedFlows struct {
	audit.FlowStore
	*calls
}

func (s countedFlows) Search(ctx context.Context, q audit.Query) (audit.Page, error) {
	_ = s.count("search flows")
	return s.FlowStore.Search(ctx, q)
}

func (s countedFlows) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	_ = s.count("look up flows by %s", fieldsOf(l))
	return s.FlowStore.Lookup(ctx, l)
}

func (s countedFlows) Count(ctx context.Context, queries []audit.Query) ([]int, error) {
	_ = s.count("count flows")
	return s.FlowStore.Count(ctx, queries)
}

func (s countedFlows) Facets(ctx context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	_ = s.count("facets of flows")
	return s.FlowStore.Facets(ctx, requests)
}

func (s countedFlows) Histograms(ctx context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	_ = s.count("histograms of flows")
	return s.FlowStore.Histograms(ctx, requests)
}

func (s countedFlows) Scan(ctx context.Context, q audit.Query, yield func(*audit.Record) bool) error {
	_ = s.count("scan flows")
	return s.FlowStore.Scan(ctx, q, yield)
}

func (s countedFlows) End(ctx context.Context) (audit.Position, error) {
	_ = s.count("end of flows")
	return s.FlowStore.End(ctx)
}

func (s countedFlows) Since(ctx context.Context, after audit.Position, limit int) (audit.FeedBatch, error) {
	_ = s.count("flows since")
	return s.FlowStore.Since(ctx, after, limit)
}

// fieldsOf returns the different fields of a look-up's keys.
func fieldsOf(l audit.Lookup) []query.Field {
	var fields []query.Field
	for _, key := range l.Keys {
		fields = append(fields, l.FieldOf(key))
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// lockedBuffer is a log that tests read.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

var _ io.Writer = (*lockedBuffer)(nil)

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
