package destination

import (
	"context"
	"encoding/json"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// claimKind is the kind of the entries that claim a name.
const claimKind = "destination-name"

// claimed is the body of a claim.
type claimed struct {
	Destination string `json:"destination"` // the id of that which the name is for
}

func claimEntry(org, name, id string) audit.Entry {
	body, _ := json.Marshal(claimed{id})
	return audit.Entry{EntryKey: audit.EntryKey{Kind: claimKind, Org: org, ID: name}, Body: body}
}

// look is that a name is claimed: the claim, and the row that it is for, nil when
// there is none.
type look struct {
	claim  audit.Entry // without a version when the name is free
	holder *row
	id     string
}

// look looks who has a name.
func (s *Store) look(ctx context.Context, org, name string) (look, error) {
	key := claimEntry(org, name, "").EntryKey
	claim, err := s.options.Registry.Get(ctx, key)
	if isCode(err, audit.NotFound) {
		return look{}, nil
	}
	if err != nil {
		return look{}, err
	}
	var body claimed
	if json.Unmarshal(claim.Body, &body) != nil || body.Destination == "" {
		return look{claim: claim}, nil // for nobody
	}
	holder, err := s.get(ctx, org, body.Destination)
	return look{claim: claim, holder: holder, id: body.Destination}, err
}

// holds reports whether the row that the name is claimed for has it.
func (l look) holds() bool {
	return l.holder != nil && !l.holder.pending && l.holder.Spec.Name == l.claim.ID
}

// same reports whether nothing has changed since another look.
func (l look) same(other look) bool {
	return l.claim.Version == other.claim.Version && (l.holder == nil) == (other.holder == nil) &&
		(l.holder == nil || l.holder.version == other.holder.version)
}

// named returns the destination that has a name, nil when none has.
func (s *Store) named(ctx context.Context, org, name string) (*Destination, error) {
	l, err := s.look(ctx, org, name)
	if err != nil || !l.holds() {
		return nil, err
	}
	return &l.holder.Destination, nil
}

// claim claims a name for an id, or returns the destination that has it.
func (s *Store) claim(ctx context.Context, org, name, id string) (claim audit.Entry, taken *Destination, err error) {
	err = again(func() error {
		l, err := s.settled(ctx, org, name, id)
		switch {
		case err != nil:
			return err
		case l.holds() && l.id != id:
			taken = &l.holder.Destination
			return nil
		case l.id != id:
			if err := s.fence(ctx, l.holder); err != nil {
				return err
			}
		}
		// A claim that is this id's own is written again, so that who is about to take
		// it over, or to give it up, fails.
		claim = claimEntry(org, name, id)
		claim.Version = l.claim.Version
		claim.Version, err = s.options.Registry.Put(ctx, claim)
		if isCode(err, audit.Conflict) {
			return errMoved
		}
		return err
	})
	return claim, taken, err
}

// settled looks who has a name once nobody is about to change it: the change of
// another is over, or was cut off.
func (s *Store) settled(ctx context.Context, org, name, id string) (look, error) {
	l, err := s.look(ctx, org, name)
	since := time.Now()
	for err == nil && l.holder != nil && l.id != id && !l.holds() && time.Since(since) < s.options.Patience {
		select {
		case <-ctx.Done():
			return look{}, ctx.Err()
		case <-time.After(s.options.Patience / 40):
		}
		var next look
		if next, err = s.look(ctx, org, name); !next.same(l) {
			since = time.Now()
		}
		l = next
	}
	return l, err
}

// fence makes sure that who read a row before cannot change it any more: a pending
// one is removed, another is written again as it is. No row needs no fence: a
// destination exists before its name is claimed, and an id is never used again.
func (s *Store) fence(ctx context.Context, r *row) error {
	if r == nil {
		return nil
	}
	var err error
	if r.pending {
		err = s.options.Registry.Delete(ctx, r.key(), r.version)
	} else {
		_, err = s.options.Registry.Put(ctx, audit.Entry{EntryKey: r.key(), Body: r.body, Version: r.version})
	}
	if isCode(err, audit.Conflict) {
		return errMoved
	}
	return err
}

// claimOf returns the claim of a destination's own name, the zero Entry when the
// name is claimed for another.
func (s *Store) claimOf(ctx context.Context, d Destination) (audit.Entry, error) {
	l, err := s.look(ctx, d.Spec.OrgID, d.Spec.Name)
	if err != nil || l.id != d.ID {
		return audit.Entry{}, err
	}
	return l.claim, nil
}

// release gives a claim up that has not changed since it was read. Where that fails,
// the name is claimed for what does not have it, and is taken over when it is wanted.
func (s *Store) release(ctx context.Context, claim audit.Entry) {
	if claim.Version != "" {
		_ = s.options.Registry.Delete(ctx, claim.EntryKey, claim.Version)
	}
}

// pendingFor is how long a destination may be pending before it is swept. That is
// about politeness alone: a creation that is swept begins again.
const pendingFor = time.Hour

// sweep removes what creations that were cut off have left in an organisation. It
// returns how many destinations are there.
func (s *Store) sweep(ctx context.Context, org string) (left int) {
	rows, err := s.rows(ctx, audit.Orgs(org))
	if err != nil {
		return 0 // the creation itself will say
	}
	for _, r := range rows {
		if !r.pending {
			left++
		}
		if r.pending && s.now().Sub(r.Created) > pendingFor {
			_ = s.options.Registry.Delete(ctx, r.key(), r.version) // or by the next
		}
	}
	return left
}
