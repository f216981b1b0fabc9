package token

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/MicahParks/jwkset"
)

// withNewInTime is withNew, unless another process was first.
func (k *Keys) withNewInTime(ctx context.Context) (document, error) {
	if len(k.known.Keys) > 0 && k.age(0) < rotateEvery {
		return document{}, errNothing
	}
	return k.withNew(ctx)
}

// withNew puts a new key before the present ones, and leaves out those that need not
// be published any more: a later key was made long ago.
func (k *Keys) withNew(ctx context.Context) (document, error) {
	made, err := k.generate(ctx)
	if err != nil {
		return document{}, fmt.Errorf("make a key that signs tokens: %w", err)
	}
	next := document{Keys: []storedKey{made}}
	for i, key := range k.known.Keys {
		if i > 0 && k.age(i-1) > publishAfter {
			break
		}
		next.Keys = append(next.Keys, key)
	}
	return next, nil
}

func (k *Keys) generate(ctx context.Context) (storedKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return storedKey{}, err
	}
	made := storedKey{ID: rand.Text(), Made: k.options.Now().UTC()}
	jwk, err := jwkset.NewJWKFromKey(&key.PublicKey, jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{
		ALG: jwkset.AlgES256, KID: made.ID, USE: jwkset.UseSig,
	}})
	if err != nil {
		return storedKey{}, err
	}
	if made.Public, err = json.Marshal(jwk.Marshal()); err != nil {
		return storedKey{}, err
	}
	plain, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return storedKey{}, err
	}
	made.Sealed, err = k.options.Vault.Seal(ctx, plain, sealedAt(made.ID))
	return made, err
}

func sealedAt(kid string) string { return place.Kind + "/" + kid }

func (k *Keys) open(stored storedKey) (*ecdsa.PrivateKey, error) {
	plain, err := k.options.Vault.Open(stored.Sealed, sealedAt(stored.ID))
	if err != nil {
		return nil, fmt.Errorf("decrypt the key that signs tokens: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return nil, fmt.Errorf("read the key that signs tokens: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("read the key that signs tokens: it is of another kind")
	}
	return key, nil
}

func (k *Keys) resealed(ctx context.Context) (document, error) {
	next, changed := document{Keys: make([]storedKey, len(k.known.Keys))}, false
	for i, key := range k.known.Keys {
		next.Keys[i] = key
		if k.options.Vault.Newest(key.Sealed) {
			continue
		}
		plain, err := k.options.Vault.Open(key.Sealed, sealedAt(key.ID))
		if err != nil {
			return document{}, fmt.Errorf("decrypt a key that signs tokens: %w", err)
		}
		if next.Keys[i].Sealed, err = k.options.Vault.Seal(ctx, plain, sealedAt(key.ID)); err != nil {
			return document{}, fmt.Errorf("encrypt a key that signs tokens: %w", err)
		}
		changed = true
	}
	if !changed {
		return document{}, errNothing
	}
	return next, nil
}
