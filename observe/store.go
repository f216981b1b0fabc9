package observe

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Store measures every call of a store.
func (m *Metrics) Store(next audit.Store) audit.Store { return measuredStore{Store: next, m: m} }

// measuredStore passes Close and Ready through as they are.
type measuredStore struct {
	audit.Store
	m *Metrics
}

// measure runs one call of the store and records how it went.
func measure[T any](m *Metrics, method string, call func() (T, error)) (T, error) {
	start := time.Now()
	result, err := call()
	m.storeSeconds.WithLabelValues(method).Observe(time.Since(start).Seconds())
	m.storeCalls.WithLabelValues(method, resultOf(err)).Inc()
	return result, err
}

// resultOf names a call's result for the metrics: "ok" or the code of the error.
func resultOf(err error) string {
	if err == nil {
		return "ok"
	}
	return string(audit.AsError(err).Code)
}

// Append implements audit.Appender.
func (s measuredStore) Append(ctx context.Context, batch []*audit.Record) ([]audit.Outcome, error) {
	return measure(s.m, "append", func() ([]audit.Outcome, error) { return s.Store.Append(ctx, batch) })
}

// Search implements audit.Searcher.
func (s measuredStore) Search(ctx context.Context, q audit.Query) (audit.Page, error) {
	return measure(s.m, "search", func() (audit.Page, error) { return s.Store.Search(ctx, q) })
}

// Lookup implements audit.Looker.
func (s measuredStore) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	return measure(s.m, "lookup", func() ([]audit.Page, error) { return s.Store.Lookup(ctx, l) })
}

// Count implements audit.Counter.
func (s measuredStore) Count(ctx context.Context, queries []audit.Query) ([]int, error) {
	return measure(s.m, "count", func() ([]int, error) { return s.Store.Count(ctx, queries) })
}

// Facets implements audit.Counter.
func (s measuredStore) Facets(ctx context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	return measure(s.m, "facets", func() ([][]audit.ValueCount, error) { return s.Store.Facets(ctx, requests) })
}

// Histograms implements audit.Counter.
func (s measuredStore) Histograms(ctx context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	return measure(s.m, "histograms", func() ([][]audit.Bucket, error) { return s.Store.Histograms(ctx, requests) })
}

// Since implements audit.Feed. Waiting for news is not work and is not measured.
func (s measuredStore) Since(ctx context.Context, after audit.Position, limit int) (audit.FeedBatch, error) {
	return measure(s.m, "since", func() (audit.FeedBatch, error) { return s.Store.Since(ctx, after, limit) })
}

// Get implements audit.Registry.
func (s measuredStore) Get(ctx context.Context, key audit.EntryKey) (audit.Entry, error) {
	return measure(s.m, "get_entry", func() (audit.Entry, error) { return s.Store.Get(ctx, key) })
}

// Put implements audit.Registry.
func (s measuredStore) Put(ctx context.Context, entry audit.Entry) (audit.Version, error) {
	return measure(s.m, "put_entry", func() (audit.Version, error) { return s.Store.Put(ctx, entry) })
}

// Delete implements audit.Registry.
func (s measuredStore) Delete(ctx context.Context, key audit.EntryKey, version audit.Version) error {
	_, err := measure(s.m, "delete_entry", func() (struct{}, error) { return struct{}{}, s.Store.Delete(ctx, key, version) })
	return err
}

// List implements audit.Registry.
func (s measuredStore) List(ctx context.Context, q audit.EntryQuery) ([]audit.Entry, error) {
	return measure(s.m, "list_entries", func() ([]audit.Entry, error) { return s.Store.List(ctx, q) })
}
