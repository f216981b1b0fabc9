package sqlite

import (
	"context"
	"database/sql"
)

// snapshot is the store at one moment, for answers that several questions make up.
type snapshot struct {
	*Store
	tx    *sql.Tx
	spill int64
}

func (s *Store) snapshot(ctx context.Context) (*snapshot, error) {
	tx, err := s.reading.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	v := &snapshot{Store: s, tx: tx}
	if err := tx.StmtContext(ctx, s.ask.spill).QueryRowContext(ctx).Scan(&v.spill); err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

func (v *snapshot) close() { _ = v.tx.Rollback() } // it only read

// each calls yield for every record that matches.
func (v *snapshot) each(ctx context.Context, p *plan, yield func(*found) error) error {
	first, last := p.span.rows(v.spill)
	return v.eachBetween(ctx, p, first, last, yield)
}

// eachBetween calls yield for every record in a range of row ids that matches.
func (v *snapshot) eachBetween(ctx context.Context, p *plan, first, last int64, yield func(*found) error) error {
	return v.scan(ctx, v.tx, p, first, last, true, func(r *row) (bool, error) {
		if !p.span.holds(r.nanos) {
			return true, ctx.Err()
		}
		found, err := v.hit(ctx, v.tx, p, r)
		if err != nil || found == nil {
			return err == nil, err
		}
		return true, yield(found)
	})
}

// count returns how many records match. What asks for nothing in particular is
// in the tally, as far as it covers whole hours.
func (v *snapshot) count(ctx context.Context, p *plan) (int, error) {
	all := 0
	for _, part := range p.parts() {
		n, err := v.countPart(ctx, part)
		if err != nil {
			return 0, err
		}
		all += n
	}
	return all, nil
}

func (v *snapshot) countPart(ctx context.Context, p *plan) (int, error) {
	from, to := p.span.wholeHours()
	if !p.plain || from >= to || p.none() {
		return v.countIndexed(ctx, p)
	}
	inner, err := v.countTallied(ctx, p, from, to)
	if err != nil {
		return 0, err
	}
	before, err := v.countIndexed(ctx, p.within(span{p.span.from, from * nanosPerHour}))
	if err != nil {
		return 0, err
	}
	after, err := v.countIndexed(ctx, p.within(span{to * nanosPerHour, p.span.to}))
	return before + inner + after, err
}

// countIndexed counts in the index alone wherever it knows enough: not at the two
// ends of the range of time, whose milliseconds hold other records as well.
func (v *snapshot) countIndexed(ctx context.Context, p *plan) (int, error) {
	first, last := p.span.rows(v.spill)
	if p.none() || first > last {
		return 0, nil
	}
	innerFirst, innerLast := p.span.innerRows(v.spill)
	if p.verify != nil || innerFirst > innerLast {
		return v.countRows(ctx, p, first, last)
	}
	var inner int
	counting, args := v.ask.count[0], []any{p.question(), innerFirst, innerLast, p.mask}
	if p.bounds != nil {
		counting, args = v.ask.count[1], v.layout.appendBounds(args, p.bounds)
	}
	err := v.tx.StmtContext(ctx, counting).QueryRowContext(ctx, args...).Scan(&inner)
	if err != nil {
		return 0, err
	}
	before, err := v.countRows(ctx, p, first, innerFirst-1)
	if err != nil {
		return 0, err
	}
	after, err := v.countRows(ctx, p, innerLast+1, last)
	return before + inner + after, err
}

// countRows counts by looking at each row.
func (v *snapshot) countRows(ctx context.Context, p *plan, first, last int64) (int, error) {
	n := 0
	err := v.eachBetween(ctx, p, first, last, func(*found) error {
		n++
		return nil
	})
	return n, err
}
