package destination

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/secret"
)

// Forget drops the secrets and the keys that no key decrypts any more, and disables
// the destinations that had them: they would be sent to without. It returns those, as
// they were. It is for a store whose key is lost, with no other process at work.
func (s *Store) Forget(ctx context.Context) ([]Destination, error) {
	rows, err := s.rows(ctx, audit.AllOrgs())
	if err != nil {
		return nil, fmt.Errorf("look for secrets that cannot be decrypted: %w", err)
	}
	var forgotten []Destination
	for _, r := range rows {
		_, err := s.Reveal(r.Destination)
		if err == nil {
			continue
		}
		if !errors.Is(err, secret.ErrOtherKey) {
			return forgotten, err
		}
		was := r.Destination
		r.sealed, r.sealedKeys, r.Spec.Authentication, r.Spec.Enabled = "", "", nil, false
		if r.Updated = s.now(); !r.Updated.After(was.Updated) {
			r.Updated = was.Updated.Add(time.Microsecond)
		}
		if _, err := s.put(ctx, r); err != nil {
			return forgotten, fmt.Errorf("forget the secrets of a destination: %w", err)
		}
		if !r.pending {
			forgotten = append(forgotten, was)
		}
	}
	return forgotten, nil
}
