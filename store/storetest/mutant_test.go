package storetest

import (
	"context"

	"github.com/authtrail/authtrail/audit"
)

// mutant is the naive store with a defect.
type mutant struct {
	*memory
	defect
}

func (m mutant) ask(q audit.Query) audit.Query {
	if m.query != nil {
		m.query(&q)
	}
	return q
}

func (m mutant) fault(err error) error {
	if m.err != nil && err != nil {
		return m.err(err)
	}
	return err
}

func (m mutant) Search(ctx context.Context, q audit.Query) (audit.Page, error) {
	page, err := m.memory.Search(ctx, m.ask(q))
	if m.page != nil {
		m.page(q, &page)
	}
	return page, m.fault(err)
}

func (m mutant) Append(ctx context.Context, batch []*audit.Record) ([]audit.Outcome, error) {
	kept := batch
	if m.batch != nil {
		kept = m.batch(batch)
	}
	outcomes, err := m.memory.Append(ctx, kept)
	for len(outcomes) < len(batch) {
		outcomes = append(outcomes, audit.Outcome{})
	}
	if m.outcomes != nil {
		m.outcomes(outcomes)
	}
	return outcomes, m.fault(err)
}

func (m mutant) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	asked := len(l.Keys)
	if m.lookup != nil {
		m.lookup(&l)
	}
	pages, err := m.memory.Lookup(ctx, l)
	return append(pages, make([]audit.Page, max(0, min(asked-len(pages), 2_000)))...), m.fault(err)
}

func (m mutant) Count(ctx context.Context, queries []audit.Query) ([]int, error) {
	asked := make([]audit.Query, len(queries))
	for i, q := range queries {
		asked[i] = m.ask(q)
	}
	counts, err := m.memory.Count(ctx, asked)
	return counts, m.fault(err)
}

func (m mutant) Facets(ctx context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	answers, err := m.memory.Facets(ctx, requests)
	if m.values != nil {
		for i := range answers {
			answers[i] = m.values(answers[i])
		}
	}
	return answers, m.fault(err)
}

func (m mutant) Histograms(ctx context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	answers, err := m.memory.Histograms(ctx, requests)
	if m.buckets != nil {
		for i := range answers {
			answers[i] = m.buckets(answers[i])
		}
	}
	return answers, m.fault(err)
}

func (m mutant) Since(ctx context.Context, before audit.Position, limit int) (audit.FeedBatch, error) {
	batch, err := m.memory.Since(ctx, before, limit)
	if m.fed != nil {
		batch.Records = m.fed(batch.Records)
	}
	if m.position != nil {
		batch.Next = m.position(before, batch.Next)
	}
	return batch, m.fault(err)
}
