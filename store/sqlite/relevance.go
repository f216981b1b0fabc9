package sqlite

import (
	"cmp"
	"context"
	"database/sql"

	"github.com/authtrail/authtrail/audit"
)

// byRelevance scores every match, which no early stop can avoid. What matches is
// one question to the index, how well another: only words have a score, so that
// filters and the caller's scope do not disturb it.
func (v *snapshot) byRelevance(ctx context.Context, q audit.Query, p *plan) (audit.Page, error) {
	first, last := p.span.rows(v.spill)
	scores, err := v.openScores(ctx, p, first, last)
	if err != nil {
		return audit.Page{}, err
	}
	defer scores.close()
	bounds := cursorBounds(q)
	best := newBest(q.Window.Limit+1, p.most, bounds.order)
	err = v.scan(ctx, v.tx, p, first, last, true, func(r *row) (bool, error) {
		if r.score, err = scores.of(r.id); err != nil {
			return false, err
		}
		if !p.span.holds(r.nanos) || !bounds.hold(r) || !best.wants(r) {
			return true, ctx.Err()
		}
		found, err := v.hit(ctx, v.tx, p, r)
		if err == nil && found != nil {
			best.add(r, found)
		}
		return true, err
	})
	if err != nil {
		return audit.Page{}, err
	}
	return v.page(ctx, v.tx, q, p, best.rows)
}

// relevanceBounds are a window's cursors in the order by relevance.
type relevanceBounds struct {
	after, before *row
	backward      bool
}

func cursorBounds(q audit.Query) relevanceBounds {
	b := relevanceBounds{after: rowOf(q.Window.After), before: rowOf(q.Window.Before), backward: q.Window.Backward}
	if b.after != nil {
		b.after.score = q.Window.After.Score
	}
	if b.before != nil {
		b.before.score = q.Window.Before.Score
	}
	return b
}

func byScore(a, b *row) int { return cmp.Or(cmp.Compare(b.score, a.score), b.compare(a)) }

// order is the order in which the window's rows are wanted.
func (b relevanceBounds) order(x, y *row) int {
	if b.backward {
		return byScore(y, x)
	}
	return byScore(x, y)
}

func (b relevanceBounds) hold(r *row) bool {
	return (b.after == nil || byScore(r, b.after) > 0) && (b.before == nil || byScore(r, b.before) < 0)
}

// scores reads the scores of rows in ascending order of their ids.
type scores struct {
	rows  *sql.Rows // nil when nothing has a score
	id    int64
	score float64
}

func (v *snapshot) openScores(ctx context.Context, p *plan, first, last int64) (*scores, error) {
	if p.words == "" || p.none() {
		return &scores{}, nil
	}
	rows, err := v.tx.StmtContext(ctx, v.ask.scores).QueryContext(ctx, p.words, first, last)
	if err != nil {
		return nil, err
	}
	return &scores{rows: rows, id: -1}, nil
}

// of returns the score of a row, 0 when it has none of the words.
func (s *scores) of(id int64) (float64, error) {
	for s.rows != nil && s.id < id {
		if !s.rows.Next() {
			s.close()
			return 0, s.rows.Err()
		}
		if err := s.rows.Scan(&s.id, &s.score); err != nil {
			return 0, err
		}
	}
	if s.rows == nil || s.id != id {
		return 0, nil
	}
	return s.score, nil
}

func (s *scores) close() {
	if s.rows != nil {
		_ = s.rows.Close() // what it could say, Err says
	}
}
