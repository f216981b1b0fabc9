package secret

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/authtrail/authtrail/audit"
)

// Vault seals and opens secrets. It is safe for concurrent use.
type Vault struct {
	registry audit.Registry
	create   func() ([]Key, error)

	mu   sync.Mutex
	keys []Key
}

// Options are what a vault needs.
type Options struct {
	Registry audit.Registry // shared with the other processes; required
	Keys     []Key          // newest first; none until there is something to seal
	// Create makes a key, and keeps it, when the first secret is to be sealed. A
	// vault without keys and without it seals nothing.
	Create func() ([]Key, error)
}

// ErrOtherKey refuses a process whose keys are not those of the others.
var ErrOtherKey error = &audit.Error{Code: audit.Unavailable,
	Message: "the secrets in this store were encrypted with a key that this server does not have"}

// checkKey is where the document is that tells a process with another key.
var checkKey = audit.EntryKey{Kind: "secret-key", ID: "check"}

const checked = "this opens with the key of this store"

// check is the document in the registry.
type check struct {
	Sealed string `json:"sealed"`
}

// New returns a vault, which may have other keys than the processes that it shares
// the store with until [Vault.Check] has said that it has not.
func New(options Options) *Vault {
	return &Vault{registry: options.Registry, create: options.Create, keys: options.Keys}
}

// Check is ErrOtherKey where secrets in the store need another key.
func (v *Vault) Check(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.agree(ctx); err != nil {
		return fmt.Errorf("check the secret key: %w", err)
	}
	return nil
}

// agree makes sure that the keys open what is in the store. The first process
// that has a key leaves the document by which the others know it.
func (v *Vault) agree(ctx context.Context) error {
	present, err := v.registry.Get(ctx, checkKey)
	if isCode(err, audit.NotFound) {
		if len(v.keys) == 0 {
			return nil
		}
		_, err = v.registry.Put(ctx, v.checkEntry(""))
		if !isCode(err, audit.Conflict) {
			return err
		}
		present, err = v.registry.Get(ctx, checkKey) // another was first
	}
	if err != nil {
		return err
	}
	if _, err := v.openCheck(present); err != nil {
		return err
	}
	return nil
}

func (v *Vault) checkEntry(version audit.Version) audit.Entry {
	body, _ := json.Marshal(check{v.keys[0].seal([]byte(checked), checkKey.Kind)})
	return audit.Entry{EntryKey: checkKey, Body: body, Version: version}
}

// openCheck reports whether the document is sealed with the newest key.
func (v *Vault) openCheck(entry audit.Entry) (newest bool, err error) {
	var c check
	if err := json.Unmarshal(entry.Body, &c); err != nil {
		return false, fmt.Errorf("read the document that tells the key: %w", err)
	}
	for i, key := range v.keys {
		if plain, ok := key.open(c.Sealed, checkKey.Kind); ok && string(plain) == checked {
			return i == 0, nil
		}
	}
	return false, ErrOtherKey
}

// Seals reports whether there is a key to seal with, or one can be made.
func (v *Vault) Seals() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.keys) > 0 || v.create != nil
}

// Seal encrypts with the newest key. What it returns opens at the same place only.
func (v *Vault) Seal(ctx context.Context, plain []byte, place string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.keys) == 0 {
		if err := v.makeKey(ctx); err != nil {
			return "", err
		}
	}
	return v.keys[0].seal(plain, place), nil
}

func (v *Vault) makeKey(ctx context.Context) error {
	if v.create == nil {
		return audit.Invalid("", "this server has no key to encrypt secrets with; it needs --secret-key-file")
	}
	if err := v.agree(ctx); err != nil { // before there is a key that opens nothing
		return fmt.Errorf("check the secret key: %w", err)
	}
	keys, err := v.create()
	if err != nil {
		return fmt.Errorf("make a secret key: %w", err)
	}
	v.keys = keys
	if err := v.agree(ctx); err != nil {
		v.keys = nil
		return fmt.Errorf("check the new secret key: %w", err)
	}
	return nil
}

// Open decrypts what was sealed for a place. It is ErrOtherKey where no key does.
func (v *Vault) Open(sealed, place string) ([]byte, error) {
	v.mu.Lock()
	keys := v.keys
	v.mu.Unlock()
	for _, key := range keys {
		if plain, ok := key.open(sealed, place); ok {
			return plain, nil
		}
	}
	return nil, ErrOtherKey
}

// Newest reports whether something was sealed with the newest key.
func (v *Vault) Newest(sealed string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.keys) > 0 && strings.HasPrefix(sealed, v.keys[0].id+".")
}

// Rotated says that everything is sealed with the newest key by now: the older
// ones need not be kept, and a process that has none but them is refused.
func (v *Vault) Rotated(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.keys) == 0 {
		return nil
	}
	present, err := v.registry.Get(ctx, checkKey)
	if err != nil {
		return fmt.Errorf("read the document that tells the key: %w", err)
	}
	newest, err := v.openCheck(present)
	if err != nil || newest {
		return err
	}
	_, err = v.registry.Put(ctx, v.checkEntry(present.Version))
	if err != nil && !isCode(err, audit.Conflict) { // then another process has done it
		return fmt.Errorf("change the document that tells the key: %w", err)
	}
	return nil
}

// Forget says that nothing is sealed any more with keys that this vault lacks: a
// process that has its keys, or none, is taken from now on.
func (v *Vault) Forget(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	present, err := v.registry.Get(ctx, checkKey)
	switch {
	case isCode(err, audit.NotFound):
		return nil
	case err != nil:
	case len(v.keys) == 0:
		err = v.registry.Delete(ctx, checkKey, present.Version)
	default:
		_, err = v.registry.Put(ctx, v.checkEntry(present.Version))
	}
	if err != nil {
		return fmt.Errorf("change the document that tells the key: %w", err)
	}
	return nil
}

func isCode(err error, code audit.Code) bool { return err != nil && audit.AsError(err).Code == code }
