package destination

import (
	"cmp"
	"context"
	"crypto/rand"

	"github.com/authtrail/authtrail/audit"
)

// Create stores a new destination of the organisation that its spec names, and
// returns it. Where the name is taken it is a Conflict, and the destination that
// has it is returned. Where there are too many, it is a BadUserInput.
func (s *Store) Create(ctx context.Context, draft Destination) (created Destination, err error) {
	if err := s.check(draft.Spec); err != nil {
		return Destination{}, err
	}
	full := s.sweep(ctx, draft.Spec.OrgID) >= s.options.Most
	err = again(func() (err error) {
		created, err = s.create(ctx, draft, full)
		return err
	})
	if err == nil {
		s.hasChanged(created)
	}
	return created, wrap("create a destination", err)
}

func (s *Store) create(ctx context.Context, d Destination, full bool) (Destination, error) {
	d.ID, d.Created = rand.Text(), s.now()
	d.Updated = d.Created
	if taken, err := s.named(ctx, d.Spec.OrgID, d.Spec.Name); err != nil || taken != nil {
		return valueOf(taken), cmp.Or(err, error(errTaken))
	}
	if full {
		return Destination{}, audit.Invalid("", "the organisation has %d destinations, and may have no more; delete another first", s.options.Most)
	}
	d, err := s.keyed(d, nil)
	if err != nil {
		return Destination{}, err
	}
	if d.Beginning, err = s.ends(ctx); err != nil {
		return Destination{}, err
	}
	row, err := s.rowOf(ctx, d)
	if err != nil {
		return Destination{}, err
	}
	row.pending = true
	if row.version, err = s.put(ctx, row); err != nil {
		return Destination{}, err
	}
	_, taken, err := s.claim(ctx, d.Spec.OrgID, d.Spec.Name, d.ID)
	if err != nil {
		return Destination{}, err // what is pending is swept later
	}
	if taken != nil {
		_ = s.options.Registry.Delete(ctx, row.key(), row.version) // or swept later
		return *taken, errTaken
	}
	row.pending = false
	_, err = s.put(ctx, row)
	return d, err
}

// ends returns where the feeds end.
func (s *Store) ends(ctx context.Context) (Beginning, error) {
	if s.options.Ends == nil {
		return Beginning{}, nil
	}
	ends, err := s.options.Ends(ctx)
	switch {
	case err == nil, isCode(err, audit.Unavailable), ctx.Err() != nil:
		return ends, err
	}
	return Beginning{}, &audit.Error{Code: errNoEnds.Code, Message: errNoEnds.Message, Err: err}
}
