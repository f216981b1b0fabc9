package storetest

import (
	"context"
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// flowDefect is what a mutant does wrong with rows, and the group of checks that must notice.
type flowDefect struct {
	group   string
	query   func(q *audit.Query)                                 // how it misunderstands a query
	page    func(q audit.Query, p *audit.Page)                   // how it spoils a page
	changes func(m *flowMemory, c []audit.Replacement)           // what it makes of changes
	dropped func(c []audit.Replacement) []audit.Replacement      // which it makes at all
	after   func(m *flowMemory, before Oracle)                   // what it does once they are made
	fed     func(m *flowMemory, b *audit.FeedBatch)              // how it spoils the feed
	values  func([]audit.ValueCount) []audit.ValueCount          // how it miscounts values
	scanned func(rows []*audit.Record) []*audit.Record           // how it spoils a scan
	err     func(error) error                                    // what it makes of errors
	lookup  func(l *audit.Lookup)                                // how it misunderstands a look-up
	wait    func(m *flowMemory, p audit.Position) audit.Position // how it misunderstands what is waited for
}

type flowMutant struct {
	*flowMemory
	flowDefect
}

func (m flowMutant) Replace(ctx context.Context, changes []audit.Replacement) error {
	if len(changes) > audit.MaxReplacements {
		return m.flowMemory.Replace(ctx, changes)
	}
	m.turn.Lock()
	defer m.turn.Unlock()
	changes = slices.Clone(changes)
	before := m.records
	if m.changes != nil {
		m.changes(m.flowMemory, changes)
	}
	if m.dropped != nil {
		changes = m.dropped(changes)
	}
	err := m.flowMemory.Replace(ctx, changes)
	if m.after != nil && err == nil {
		m.mu.Lock()
		m.after(m.flowMemory, before)
		m.mu.Unlock()
	}
	if m.err != nil && err != nil {
		err = m.err(err)
	}
	return err
}

func (m flowMutant) Search(ctx context.Context, q audit.Query) (audit.Page, error) {
	asked := q
	if m.query != nil {
		m.query(&asked)
	}
	page, err := m.flowMemory.Search(ctx, asked)
	if m.page != nil {
		m.page(q, &page)
	}
	return page, err
}

func (m flowMutant) Count(ctx context.Context, queries []audit.Query) ([]int, error) {
	queries = slices.Clone(queries)
	for i := range queries {
		if m.query != nil {
			m.query(&queries[i])
		}
	}
	return m.flowMemory.Count(ctx, queries)
}

func (m flowMutant) Facets(ctx context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	answers, err := m.flowMemory.Facets(ctx, requests)
	for i := range answers {
		if m.values != nil {
			answers[i] = m.values(answers[i])
		}
	}
	return answers, err
}

func (m flowMutant) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	if m.lookup != nil {
		m.lookup(&l)
	}
	return m.flowMemory.Lookup(ctx, l)
}

func (m flowMutant) Since(ctx context.Context, position audit.Position, limit int) (audit.FeedBatch, error) {
	batch, err := m.flowMemory.Since(ctx, position, limit)
	if m.fed != nil && err == nil {
		m.fed(m.flowMemory, &batch)
	}
	return batch, err
}

func (m flowMutant) Wait(ctx context.Context, position audit.Position) error {
	if m.wait != nil {
		position = m.wait(m.flowMemory, position)
	}
	return m.flowMemory.Wait(ctx, position)
}

func (m flowMutant) Scan(ctx context.Context, q audit.Query, yield func(*audit.Record) bool) error {
	if m.scanned == nil {
		return m.flowMemory.Scan(ctx, q, yield)
	}
	var rows []*audit.Record
	err := m.flowMemory.Scan(ctx, q, func(r *audit.Record) bool { rows = append(rows, r); return true })
	for _, r := range m.scanned(rows) {
		if !yield(r) {
			break
		}
	}
	return err
}
