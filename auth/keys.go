package auth

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/golang-jwt/jwt/v5"
)

// Keys are what tokens are verified with.
type Keys interface {
	// algorithms are those that any of the keys may be used with.
	algorithms() []string
	// key returns the key for a token. The token's algorithm is one of the key's:
	// the kind of key decides that, and never the token.
	key(ctx context.Context, unverified *jwt.Token) (any, error)
}

type secret []byte

// ReadSecret reads a secret from a file: its bytes less a final newline.
func ReadSecret(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	text = bytes.TrimSuffix(text, []byte("\n"))
	if len(text) == 0 {
		return nil, fmt.Errorf("the secret in %s is empty", file)
	}
	return text, nil
}

// HS256 is a secret that the server shares with whoever makes the tokens.
func HS256(shared []byte) Keys { return secret(shared) }

func (secret) algorithms() []string { return []string{jwt.SigningMethodHS256.Alg()} }

func (s secret) key(context.Context, *jwt.Token) (any, error) { return []byte(s), nil }

type publicKey struct {
	crypto.PublicKey

	methods []string
}

// ReadPublicKey reads the public key of a token issuer from a PEM file: RSA of at
// least 2048 bits, EC on P-256, P-384 or P-521, or Ed25519.
func ReadPublicKey(file string) (Keys, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the public key: %w", err)
	}
	key, err := parsePublicKey(text)
	if err != nil {
		return nil, fmt.Errorf("read the public key in %s: %w", file, err)
	}
	methods, err := methodsOf(key)
	if err != nil {
		return nil, fmt.Errorf("read the public key in %s: %w", file, err)
	}
	return publicKey{key, methods}, nil
}

func (k publicKey) algorithms() []string { return k.methods }

func (k publicKey) key(context.Context, *jwt.Token) (any, error) { return k.PublicKey, nil }

func parsePublicKey(text []byte) (crypto.PublicKey, error) {
	block, rest := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it is not PEM")
	}
	if more, _ := pem.Decode(rest); more != nil {
		return nil, errors.New("it holds more than one; several keys are what a JWKS is for")
	}
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return certificate.PublicKey, nil
	}
	return nil, fmt.Errorf("it is a %s, and no PUBLIC KEY", block.Type)
}

// minRSA is the least length of an RSA key in bits, as RFC 7518 has it.
const minRSA = 2048

var ellipticMethods = map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}

// asymmetric are all algorithms of public keys. None of them takes a secret, so
// nothing that is public can be used as one.
var asymmetric = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// methodsOf returns the algorithms that a public key may be used with.
func methodsOf(key crypto.PublicKey) ([]string, error) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSA {
			return nil, fmt.Errorf("an RSA key of %d bits is too short: at least %d are needed", bits, minRSA)
		}
		return asymmetric[:6], nil
	case *ecdsa.PublicKey:
		if method, known := ellipticMethods[key.Curve.Params().BitSize]; known {
			return []string{method}, nil
		}
	case ed25519.PublicKey:
		return []string{"EdDSA"}, nil
	}
	return nil, errors.New("it must be RSA, EC on P-256, P-384 or P-521, or Ed25519")
}

// allows reports whether a public key may be used with an algorithm.
func allows(key crypto.PublicKey, algorithm string) bool {
	methods, err := methodsOf(key)
	return err == nil && slices.Contains(methods, algorithm)
}
