package storetest

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func TestTheNaiveStoreConforms(t *testing.T) {
	t.Parallel()
	Run(t, openMemory)
}

func openMemory(testing.TB) audit.Store { return newMemory() }

// memory is a store in a slice: the oracle with a lock around it.
type memory struct {
	*memoryRegistry
	mu       sync.RWMutex
	records  Oracle // in the order in which they came in
	held     map[audit.Key]bool
	closed   bool
	appended chan struct{} // closed, and made anew, by every change
}

func newMemory() *memory {
	m := &memory{held: map[audit.Key]bool{}, appended: make(chan struct{})}
	m.memoryRegistry = newMemoryRegistry(m.Ready)
	return m
}

// view returns what the store holds now.
func (m *memory) view(ctx context.Context) (Oracle, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return nil, &audit.Error{Code: audit.Unavailable, Message: "the store is closed"}
	}
	return m.records, ctx.Err()
}

func (m *memory) Append(ctx context.Context, batch []*audit.Record) ([]audit.Outcome, error) {
	if _, err := m.view(ctx); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	outcomes := make([]audit.Outcome, len(batch))
	for i, r := range batch {
		if m.held[r.Key()] {
			outcomes[i].Status = audit.Duplicate
			continue
		}
		m.held[r.Key()] = true
		m.records = append(m.records, r)
	}
	m.wake()
	return outcomes, nil
}

func (m *memory) wake() {
	close(m.appended)
	m.appended = make(chan struct{})
}

func (m *memory) Search(ctx context.Context, q audit.Query) (audit.Page, error) {
	if err := q.Validate(); err != nil {
		return audit.Page{}, err
	}
	records, err := m.view(ctx)
	if q.Order.Field == audit.ByRelevance {
		return bounded(byRelevance(records, q), q, audit.MaxPageBytes), err
	}
	return records.Search(q), err
}

// byRelevance scores a record by how short it is: crude, but an order.
func byRelevance(records Oracle, q audit.Query) audit.Page {
	hits := make([]audit.Hit, 0, len(records))
	for _, r := range records.Matching(q) {
		hits = append(hits, audit.Hit{Record: r, Score: 1 / float64(len(r.Raw)/100+1)})
	}
	slices.SortFunc(hits, q.Order.Compare)
	inside := func(hit audit.Hit) bool {
		return (q.Window.After == nil || q.Window.After.Compare(hit) > 0) && (q.Window.Before == nil || q.Window.Before.Compare(hit) < 0)
	}
	hits = slices.DeleteFunc(hits, func(hit audit.Hit) bool { return !inside(hit) })
	cut := min(len(hits), q.Window.Limit)
	if q.Window.Backward {
		return audit.Page{Hits: hits[len(hits)-cut:], HasPrevious: len(hits) > cut, HasNext: q.Window.Before != nil}
	}
	return audit.Page{Hits: hits[:cut], HasNext: len(hits) > cut, HasPrevious: q.Window.After != nil}
}

func (m *memory) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	records, err := m.view(ctx)
	byField := map[query.Field]map[string]Oracle{}
	pages := make([]audit.Page, len(l.Keys))
	for i, key := range l.Keys {
		field := l.FieldOf(key)
		if byField[field] == nil {
			byField[field] = records.byValue(field)
		}
		q := l.Query(key)
		pages[i] = bounded(byField[field][key.Value].window(q), q, l.PageBytes)
	}
	return pages, err
}

// byValue returns the records that have each value of a field.
func (o Oracle) byValue(field query.Field) map[string]Oracle {
	byValue := map[string]Oracle{}
	for _, r := range o {
		for _, value := range r.Values(field) {
			byValue[value] = append(byValue[value], r)
		}
	}
	return byValue
}

func (m *memory) Count(ctx context.Context, queries []audit.Query) ([]int, error) {
	return answer(ctx, m, queries, func(q audit.Query) error { return q.Scope.Validate() },
		func(o Oracle, q audit.Query) (int, error) { return o.Count(q), nil })
}

func (m *memory) Facets(ctx context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	return answer(ctx, m, requests, audit.FacetRequest.Validate,
		func(o Oracle, r audit.FacetRequest) ([]audit.ValueCount, error) { return o.Facet(r), nil })
}

func (m *memory) Histograms(ctx context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	return answer(ctx, m, requests, audit.HistogramRequest.Validate, func(o Oracle, r audit.HistogramRequest) ([]audit.Bucket, error) {
		buckets, fits := o.Histogram(r)
		if !fits {
			return nil, audit.Invalid("interval", "is too narrow for so long a time")
		}
		return buckets, nil
	})
}

func answer[Q, A any](ctx context.Context, m *memory, questions []Q, validate func(Q) error, ask func(Oracle, Q) (A, error)) ([]A, error) {
	records, err := m.view(ctx)
	if err != nil {
		return nil, err
	}
	answers := make([]A, len(questions))
	for i, question := range questions {
		if err := validate(question); err != nil {
			return nil, err
		}
		if answers[i], err = ask(records, question); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

func (m *memory) End(ctx context.Context) (audit.Position, error) {
	records, err := m.view(ctx)
	return positionAt(len(records)), err
}

func positionAt(n int) audit.Position {
	if n == 0 {
		return ""
	}
	return audit.Position("m" + strconv.Itoa(n))
}

// after reads a position as the number of records before it.
func after(position audit.Position) (int, error) {
	if position == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(string(position[1:]))
	if err != nil || positionAt(n) != position {
		return 0, audit.Invalid("after", "is no position of this store")
	}
	return n, nil
}

func (m *memory) Since(ctx context.Context, position audit.Position, limit int) (audit.FeedBatch, error) {
	n, err := after(position)
	if err != nil {
		return audit.FeedBatch{}, err
	}
	records, err := m.view(ctx)
	if err != nil {
		return audit.FeedBatch{}, err
	}
	batch := audit.FeedBatch{Next: position}
	for i := n; i < min(n+limit, len(records)); i++ {
		batch.Next = positionAt(i + 1)
		batch.Records, batch.Positions = append(batch.Records, records[i]), append(batch.Positions, batch.Next)
	}
	return batch, nil
}

func (m *memory) Wait(ctx context.Context, position audit.Position) error {
	n, err := after(position)
	for err == nil {
		m.mu.RLock()
		appended := m.appended
		m.mu.RUnlock()
		var records Oracle
		if records, err = m.view(ctx); err != nil || len(records) > n {
			return err
		}
		select {
		case <-appended:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	return err
}

func (m *memory) Behind(ctx context.Context, position audit.Position) (int64, error) {
	n, err := after(position)
	if err != nil {
		return 0, err
	}
	records, err := m.view(ctx)
	return int64(len(records) - n), err
}

func (m *memory) Ready(ctx context.Context) error {
	_, err := m.view(ctx)
	return err
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.wake()
	return nil
}
