package token

import (
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/secret"
)

const (
	rotateEvery = 30 * 24 * time.Hour
	// publishAhead is for how long a key is published before it signs, so that
	// receivers that keep the set for a while know it by then.
	publishAhead = 10 * time.Minute
	// publishAfter is for how long a key stays published after another was made.
	publishAfter = 24 * time.Hour
	// freshFor is for how long what is in the registry is known without asking.
	freshFor = time.Second
)

// place is where the keys are in the registry.
var place = audit.EntryKey{Kind: "token-keys", ID: "current"}

// Options are what keys need.
type Options struct {
	Registry audit.Registry
	Vault    *secret.Vault
	// Issuer is the public address of the server, which tokens name as theirs; without
	// it no token is signed.
	Issuer string
	Now    func() time.Time // time.Now unless set
}

// Keys are those of all processes. They are safe for concurrent use.
type Keys struct {
	options Options

	mu      sync.Mutex
	known   document
	version audit.Version
	readAt  time.Time
	private map[string]*ecdsa.PrivateKey // by kid, of keys that were opened
}

// document is the entry in the registry, the newest key first.
type document struct {
	Keys []storedKey `json:"keys"`
}

// storedKey is one key there.
type storedKey struct {
	ID     string          `json:"kid"`
	Made   time.Time       `json:"made"`
	Public json.RawMessage `json:"public"` // as JWK
	Sealed string          `json:"sealed"` // the private half in PKCS #8
}

// New returns the keys of a store.
func New(options Options) *Keys {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Keys{options: options, private: map[string]*ecdsa.PrivateKey{}}
}

// Set returns the public keys as a JSON Web Key Set. It has none until there was
// something to sign.
func (k *Keys) Set(ctx context.Context) (json.RawMessage, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.read(ctx); err != nil {
		return nil, err
	}
	public := make([]json.RawMessage, len(k.known.Keys))
	for i, key := range k.known.Keys {
		public[i] = key.Public
	}
	return json.Marshal(struct {
		Keys []json.RawMessage `json:"keys"`
	}{public})
}

// Rotate makes a new key now. It signs once it has been published for a while, and
// the one before stays published for a day.
func (k *Keys) Rotate(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.change(ctx, k.withNew)
}

// Reseal encrypts the keys with the newest key of the vault, if an older one has.
func (k *Keys) Reseal(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.change(ctx, k.resealed)
}

// signing returns the key to sign with now, and makes it, or its successor, when it
// is time.
func (k *Keys) signing(ctx context.Context) (kid string, key *ecdsa.PrivateKey, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.read(ctx); err != nil {
		return "", nil, err
	}
	if len(k.known.Keys) == 0 || k.age(0) >= rotateEvery {
		if err := k.change(ctx, k.withNewInTime); err != nil {
			return "", nil, err
		}
	}
	at := 0
	for at+1 < len(k.known.Keys) && k.age(at) < publishAhead {
		at++
	}
	stored := k.known.Keys[at]
	if k.private[stored.ID] == nil {
		if k.private[stored.ID], err = k.open(stored); err != nil {
			return "", nil, err
		}
	}
	return stored.ID, k.private[stored.ID], nil
}

// age is that of a key by this process's clock.
func (k *Keys) age(at int) time.Duration { return k.options.Now().Sub(k.known.Keys[at].Made) }

// read reads the keys, unless it did so just now.
func (k *Keys) read(ctx context.Context) error {
	if !k.readAt.IsZero() && k.options.Now().Sub(k.readAt) < freshFor {
		return nil
	}
	return k.readNow(ctx)
}

func (k *Keys) readNow(ctx context.Context) error {
	entry, err := k.options.Registry.Get(ctx, place)
	var read document
	switch {
	case isCode(err, audit.NotFound):
	case err != nil:
		return fmt.Errorf("read the keys that sign tokens: %w", err)
	default:
		if err := json.Unmarshal(entry.Body, &read); err != nil {
			return fmt.Errorf("read the keys that sign tokens: %w", err)
		}
	}
	k.known, k.version, k.readAt = read, entry.Version, k.options.Now()
	return nil
}

// errNothing says that there is nothing to change.
var errNothing = errors.New("nothing to change")

// change replaces the keys by others made of them, however many change them at once.
func (k *Keys) change(ctx context.Context, next func(context.Context) (document, error)) error {
	for {
		if err := k.readNow(ctx); err != nil {
			return err
		}
		changed, err := next(ctx)
		if errors.Is(err, errNothing) {
			return nil
		}
		if err != nil {
			return err
		}
		body, err := json.Marshal(changed)
		if err != nil {
			return fmt.Errorf("write the keys that sign tokens: %w", err)
		}
		version, err := k.options.Registry.Put(ctx, audit.Entry{EntryKey: place, Body: body, Version: k.version})
		if err == nil {
			k.known, k.version, k.readAt = changed, version, k.options.Now()
			return nil
		}
		if !isCode(err, audit.Conflict) {
			return fmt.Errorf("write the keys that sign tokens: %w", err)
		}
	}
}

func isCode(err error, code audit.Code) bool { return err != nil && audit.AsError(err).Code == code }
