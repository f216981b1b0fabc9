package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/secret"
)

// Forget drops the keys where one cannot be decrypted any more: others are made when
// there is something to sign.
func (k *Keys) Forget(ctx context.Context) error {
	entry, err := k.options.Registry.Get(ctx, place)
	if err != nil {
		if audit.AsError(err).Code == audit.NotFound {
			return nil
		}
		return fmt.Errorf("read the keys that sign tokens: %w", err)
	}
	var stored document
	if err := json.Unmarshal(entry.Body, &stored); err != nil {
		return fmt.Errorf("read the keys that sign tokens: %w", err)
	}
	for _, key := range stored.Keys {
		_, err := k.options.Vault.Open(key.Sealed, sealedAt(key.ID))
		if err == nil {
			continue
		}
		if !errors.Is(err, secret.ErrOtherKey) {
			return err
		}
		if err := k.options.Registry.Delete(ctx, place, entry.Version); err != nil {
			return fmt.Errorf("forget the keys that sign tokens: %w", err)
		}
		return nil
	}
	return nil
}
