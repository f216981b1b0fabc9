package observe

import (
	"context"

	"github.com/authtrail/authtrail/audit"
)

// FlowStore measures every call of a store of login flows, under names that begin with flows_.
func (m *Metrics) FlowStore(next audit.FlowStore) audit.FlowStore {
	return measuredFlows{FlowStore: next, m: m}
}

// measuredFlows passes the registry, Close and Ready through as they are.
type measuredFlows struct {
	audit.FlowStore
	m *Metrics
}

// Search implements audit.Searcher.
func (s measuredFlows) Search(ctx context.Context, q audit.Query) (audit.Page, error) {
	return measure(s.m, "flows_search", func() (audit.Page, error) { return s.FlowStore.Search(ctx, q) })
}

// Lookup implements audit.Looker.
func (s measuredFlows) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	return measure(s.m, "flows_lookup", func() ([]audit.Page, error) { return s.FlowStore.Lookup(ctx, l) })
}

// Count implements audit.Counter.
func (s measuredFlows) Count(ctx context.Context, queries []audit.Query) ([]int, error) {
	return measure(s.m, "flows_count", func() ([]int, error) { return s.FlowStore.Count(ctx, queries) })
}

// Facets implements audit.Counter.
func (s measuredFlows) Facets(ctx context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	return measure(s.m, "flows_facets", func() ([][]audit.ValueCount, error) { return s.FlowStore.Facets(ctx, requests) })
}

// Histograms implements audit.Counter.
func (s measuredFlows) Histograms(ctx context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	return measure(s.m, "flows_histograms", func() ([][]audit.Bucket, error) { return s.FlowStore.Histograms(ctx, requests) })
}

// Scan implements audit.Scanner.
func (s measuredFlows) Scan(ctx context.Context, q audit.Query, yield func(*audit.Record) bool) error {
	_, err := measure(s.m, "flows_scan", func() (struct{}, error) { return struct{}{}, s.FlowStore.Scan(ctx, q, yield) })
	return err
}

// Since implements audit.Feed. Waiting for news is not work and is not measured.
func (s measuredFlows) Since(ctx context.Context, after audit.Position, limit int) (audit.FeedBatch, error) {
	return measure(s.m, "flows_since", func() (audit.FeedBatch, error) { return s.FlowStore.Since(ctx, after, limit) })
}

// Replace implements audit.Replacer.
func (s measuredFlows) Replace(ctx context.Context, changes []audit.Replacement) error {
	_, err := measure(s.m, "flows_replace", func() (struct{}, error) { return struct{}{}, s.FlowStore.Replace(ctx, changes) })
	return err
}
