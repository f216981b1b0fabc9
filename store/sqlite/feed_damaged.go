package sqlite

import (
	"context"
	"sync"
)

// damagedPlaces are the places in the feed, or the ids, of rows that cannot be read, as far as
// somebody has come upon them since the store was opened.
type damagedPlaces struct {
	mu    sync.Mutex
	known map[int64]bool
}

// add notes a place, and reports whether it is news.
func (d *damagedPlaces) add(seq int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known[seq] {
		return false
	}
	if d.known == nil {
		d.known = map[int64]bool{}
	}
	d.known[seq] = true
	return true
}

func (d *damagedPlaces) has(seq int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.known[seq]
}

// passOver leaves a damaged record out of the feed: no waiting would mend it, and
// whoever follows would stand still behind it. It is named once, not to each follower.
func (s *Store) passOver(ctx context.Context, r *row, seq int64, cause error) {
	if s.damaged.add(seq) {
		s.log.ErrorContext(ctx, "a stored record is damaged; who follows the feed goes on without it",
			"kind", r.kind.String(), "org", r.org, "unique_id", r.uid, "position", s.position(seq), "cause", cause)
	}
}

// passRow leaves an event that cannot be read out of a page, where its plan says so,
// and else returns why it cannot. It is named once.
func (s *Store) passRow(ctx context.Context, p *plan, r *row, cause error) error {
	if !p.passDamaged || s.layout.rows {
		return cause
	}
	if s.passed.add(r.id) {
		s.log.ErrorContext(ctx, "a stored record is damaged; login flows are built without it",
			"kind", r.kind.String(), "org", r.org, "unique_id", r.uid, "cause", cause)
	}
	return nil
}

// sayDamaged logs a damaged row that can be replaced, once for each of its states.
func (s *Store) sayDamaged(r *row, damage error) {
	if s.damaged.add(r.version) {
		s.log.Error("a stored row is damaged; it is taken for an empty one", "cause", damage)
	}
}

// feeds reports whether the feed has anything between two places, as far as is
// known: rows that were removed have left it, and damaged records are passed over.
func (s *Store) feeds(ctx context.Context, after, end int64) (bool, error) {
	for {
		next, err := s.nextFed(ctx, after, end)
		if err != nil || next == 0 || s.layout.rows || !s.damaged.has(next) {
			return next != 0, err
		}
		after = next
	}
}

// nextFed returns the first place of the feed behind one and up to another; 0 where
// there is none. Events never leave their places.
func (s *Store) nextFed(ctx context.Context, after, end int64) (next int64, err error) {
	switch {
	case s.layout.rows:
		err = s.ask.nextFed.QueryRowContext(ctx, after, end).Scan(&next)
	case after < end:
		next = after + 1
	}
	if err != nil {
		return 0, s.failed(ctx, "wait for rows", err)
	}
	return next, nil
}
