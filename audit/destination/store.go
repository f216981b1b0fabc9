package destination

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/secret"
)

// Store keeps destinations in a registry. It is safe for concurrent use, by any
// number of processes on the same registry.
//
// A destination is one entry, and its name is claimed by another, so that no two of
// an organisation have the same. They are written so that a process that dies
// between the two leaves nothing that stays in the way:
//
//   - Create writes the destination as pending, which nobody sees, claims its name,
//     and confirms the destination.
//   - Replace claims the new name, if it is another, changes the destination, and
//     gives the former name up.
//   - Delete removes the destination, and gives its name up.
//
// So a name may be claimed for a destination that does not have it: still, or not any
// more. Who wants such a name waits until that has not changed for a while, and then
// takes it over: first the destination that it was claimed for is touched, by which
// whoever is still about to change it fails, and tries again; then the claim.
type Store struct {
	options Options
	changed func(org, id string) // nil where nobody wants to know
}

// Options are what a Store needs.
type Options struct {
	Registry audit.Registry // required
	Vault    *secret.Vault  // required
	Folder   Folder         // of file destinations
	// Patience is how long a change by another may take before it counts as cut off;
	// default 2 s. No harm is done to one that takes longer: it is tried again.
	Patience time.Duration
	// NoIssuer says that the server does not know the address that receivers verify its
	// tokens by, and so cannot sign any. Who asks for them is refused.
	NoIssuer bool
	// Most is how many destinations an organisation may have; default 1,000.
	Most int
	Now  func() time.Time // default time.Now
	// Ends returns where the feeds end, which is where a destination that is created
	// begins. Without it, it begins where they end when it is first delivered to.
	Ends func(context.Context) (Beginning, error)
}

// New returns a store.
func New(options Options) *Store {
	options.Patience = cmp.Or(options.Patience, 2*time.Second)
	options.Most = cmp.Or(options.Most, 1_000)
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Store{options: options}
}

// attempts bounds how often a change begins again after another was quicker.
const attempts = 20

var (
	// errMoved says that an entry has changed since it was read: begin again.
	errMoved    = errors.New("the destination has changed meanwhile")
	errBusy     = &audit.Error{Code: audit.Unavailable, Message: "the destination is being changed by others; try again"}
	errNotFound = &audit.Error{Code: audit.NotFound, Message: "there is no such destination"}
	errStale    = &audit.Error{Code: audit.Conflict, Field: "metadata.updated",
		Message: "the destination has changed since; fetch the latest version and try again with it"}
	errNoEnds = &audit.Error{Code: audit.Unavailable, Message: "where the events end cannot be told now; try again"}
	errTaken  = &audit.Error{Code: audit.Conflict, Field: "spec.name",
		Message: "another destination of this organisation has this name"}
)

// again runs a change until nobody was quicker.
func again(change func() error) error {
	for range attempts {
		if err := change(); !errors.Is(err, errMoved) {
			return err
		}
	}
	return errBusy
}

// Get returns a destination that lies in the scope, or NotFound.
func (s *Store) Get(ctx context.Context, scope audit.Scope, id string) (Destination, error) {
	row, err := s.find(ctx, scope, id)
	return row.Destination, wrap("get a destination", err)
}

// Replace stores the draft in place of a destination that lies in the scope, and
// returns it. It is NotFound where there is none; and a Conflict when the draft's
// Updated is set and not that of the destination, or when its name is another's.
func (s *Store) Replace(ctx context.Context, scope audit.Scope, id string, draft Destination) (replaced Destination, err error) {
	if err := s.check(draft.Spec); err != nil {
		return Destination{}, err
	}
	err = again(func() (err error) {
		replaced, err = s.replace(ctx, scope, id, draft)
		return err
	})
	if err == nil {
		s.hasChanged(replaced)
	}
	return replaced, wrap("replace a destination", err)
}

func (s *Store) replace(ctx context.Context, scope audit.Scope, id string, d Destination) (Destination, error) {
	old, err := s.find(ctx, scope, id)
	switch {
	case err != nil:
		return Destination{}, err
	case !d.Updated.IsZero() && !d.Updated.Truncate(time.Microsecond).Equal(old.Updated):
		return Destination{}, errStale
	case d.Spec.OrgID != old.Spec.OrgID:
		return Destination{}, audit.Invalid("spec.org_id", "a destination stays in its organisation; create another there")
	}
	former, err := s.openKeys(old.Destination)
	if err != nil {
		return Destination{}, err
	}
	if d, err = s.keyed(d, former); err != nil {
		return Destination{}, err
	}
	d.ID, d.Created, d.Updated, d.Beginning = old.ID, old.Created, s.now(), old.Beginning
	if !d.Updated.After(old.Updated) {
		d.Updated = old.Updated.Add(time.Microsecond)
	}
	formerName := audit.Entry{}
	if d.Spec.Name != old.Spec.Name {
		if formerName, err = s.claimOf(ctx, old.Destination); err != nil {
			return Destination{}, err
		}
		_, taken, err := s.claim(ctx, d.Spec.OrgID, d.Spec.Name, id)
		if err != nil || taken != nil {
			return Destination{}, cmp.Or(err, error(errTaken))
		}
	}
	row, err := s.rowOf(ctx, d)
	if err != nil {
		return Destination{}, err
	}
	row.version = old.version
	if _, err := s.put(ctx, row); err != nil {
		return Destination{}, err
	}
	s.release(ctx, formerName)
	return d, nil
}

// Delete removes a destination that lies in the scope, or is NotFound.
func (s *Store) Delete(ctx context.Context, scope audit.Scope, id string) error {
	tried, removed := false, Destination{}
	err := again(func() error {
		row, err := s.find(ctx, scope, id)
		if tried && isCode(err, audit.NotFound) {
			return nil // by this hand, whose answer was lost, or by another at the same moment
		}
		if err != nil {
			return err
		}
		tried, removed = true, row.Destination
		err = s.options.Registry.Delete(ctx, row.key(), row.version)
		if isCode(err, audit.Conflict) {
			return errMoved
		}
		if err != nil {
			return err
		}
		claim, err := s.claimOf(ctx, row.Destination)
		if err == nil {
			s.release(ctx, claim)
		}
		return nil // a name that is claimed for nothing is free
	})
	if tried {
		s.hasChanged(removed) // or perhaps, where the answer was an error
	}
	return wrap("delete a destination", err)
}

// Reveal returns a destination with its secrets.
func (s *Store) Reveal(d Destination) (Destination, error) {
	keys, err := s.openKeys(d)
	if err != nil {
		return Destination{}, err
	}
	d.Keys, d.sealedKeys = cmp.Or(keys, d.Keys), ""
	if d.sealed == "" {
		return d, nil
	}
	plain, err := s.options.Vault.Open(d.sealed, placeOf(d))
	if err != nil {
		return Destination{}, fmt.Errorf("decrypt the authentication of a destination: %w", err)
	}
	r := &reader{}
	d.Spec.Authentication = readAuthentication(r.object("", string(plain)))
	d.sealed = ""
	return d, wrap("read the authentication of a destination", r.err)
}

// now is the time to the microsecond, as the API has it.
func (s *Store) now() time.Time { return s.options.Now().UTC().Truncate(time.Microsecond) }

func valueOf(d *Destination) Destination {
	if d == nil {
		return Destination{}
	}
	return *d
}

// wrap says what was being done, but for what is the caller's own to mend.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func isCode(err error, code audit.Code) bool { return err != nil && audit.AsError(err).Code == code }
