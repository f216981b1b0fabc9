package destination

import (
	"context"
	"fmt"

	"github.com/authtrail/authtrail/audit"
)

// Rotate encrypts what older keys have encrypted with the newest, and then says so:
// the older keys are not needed any more. What changes meanwhile is encrypted with
// the newest by whoever changes it.
func (s *Store) Rotate(ctx context.Context) error {
	return again(func() error {
		rows, err := s.rows(ctx, audit.AllOrgs())
		if err != nil {
			return fmt.Errorf("look for what older keys have encrypted: %w", err)
		}
		for _, r := range rows {
			if s.newest(r.sealed) && s.newest(r.sealedKeys) {
				continue
			}
			if err := s.sealAgain(ctx, r); err != nil {
				return fmt.Errorf("encrypt a destination's secrets with the newest key: %w", err)
			}
		}
		return s.options.Vault.Rotated(ctx)
	})
}

// newest reports whether something is sealed with the newest key, or nothing is.
func (s *Store) newest(sealed string) bool { return sealed == "" || s.options.Vault.Newest(sealed) }

func (s *Store) sealAgain(ctx context.Context, r row) error {
	revealed, err := s.Reveal(r.Destination)
	if err != nil {
		return err
	}
	sealed, err := s.rowOf(ctx, revealed)
	if err != nil {
		return err
	}
	sealed.pending, sealed.version = r.pending, r.version
	_, err = s.put(ctx, sealed)
	return err
}
