package destination

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/authtrail/authtrail/audit"
)

const keyBytes = 32

// Format prints nothing of the keys, whatever is asked for.
func (k *Keys) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "{…}") }

// MarshalJSON writes nothing of the keys, for logs.
func (k *Keys) MarshalJSON() ([]byte, error) { return []byte("{}"), nil }

// sealedKeys is how keys are written before they are encrypted.
type sealedKeys struct {
	Signing string `json:"signing,omitempty"`
	Hashing []byte `json:"hashing,omitempty"`
}

// keyed returns a destination with the keys that it needs. Those that it has had it
// keeps, whether it needs them now or not: its receivers know them.
func (s *Store) keyed(d Destination, former *Keys) (Destination, error) {
	keys := Keys{}
	if former != nil {
		keys = *former
	}
	signs := d.Spec.Type == Webhook && keys.Signing == ""
	hashes := d.Spec.hashes() && len(keys.Hashing) == 0
	switch {
	case !signs && !hashes:
	case s.options.Vault.Seals():
		if signs {
			keys.Signing = "whsec_" + base64.StdEncoding.EncodeToString(random())
		}
		if hashes {
			keys.Hashing = random()
		}
	case hashes:
		return d, audit.Invalid("spec.delivery_settings.redactions",
			"this server has no key to keep that of the hashes with; it needs --secret-key-file")
	}
	d.Keys = nil
	if keys.Signing != "" || keys.Hashing != nil {
		d.Keys = &keys
	}
	return d, nil
}

func random() []byte {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // which never fails
	return key
}

func (s Spec) hashes() bool {
	return s.Delivery != nil &&
		slices.ContainsFunc(s.Delivery.Redactions, func(r Redaction) bool { return r.Action == RedactHash })
}

func keysPlace(d Destination) string { return placeOf(d) + " keys" }

// sealKeys encrypts the keys of a destination; empty where it has none.
func (s *Store) sealKeys(ctx context.Context, d Destination) (string, error) {
	if d.Keys == nil {
		return "", nil
	}
	plain, err := json.Marshal(sealedKeys(*d.Keys))
	if err != nil {
		return "", fmt.Errorf("write the keys: %w", err)
	}
	sealed, err := s.options.Vault.Seal(ctx, plain, keysPlace(d))
	if err != nil {
		return "", fmt.Errorf("encrypt the keys: %w", err)
	}
	return sealed, nil
}

// openKeys reverses sealKeys.
func (s *Store) openKeys(d Destination) (*Keys, error) {
	if d.sealedKeys == "" {
		return nil, nil
	}
	plain, err := s.options.Vault.Open(d.sealedKeys, keysPlace(d))
	if err != nil {
		return nil, fmt.Errorf("decrypt the keys of a destination: %w", err)
	}
	var keys sealedKeys
	if err := json.Unmarshal(plain, &keys); err != nil {
		return nil, fmt.Errorf("read the keys of a destination: %w", err)
	}
	return (*Keys)(&keys), nil
}
