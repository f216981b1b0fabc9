package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

const keyBytes = 32

// Key is one secret key. It never prints itself.
type Key struct {
	id     string // tells keys apart, and says nothing about them
	cipher cipher.AEAD
}

// Generate returns a new key as a key file has it.
func Generate() string {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // which never fails
	return base64.StdEncoding.EncodeToString(key)
}

// Parse reads a key file: a key a line, the newest first. Empty lines, and those
// that begin with #, are passed over. Its errors never show what a line holds.
func Parse(file string) ([]Key, error) {
	var keys []Key
	for i, line := range strings.Split(file, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		secret, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(secret) != keyBytes {
			return nil, fmt.Errorf("line %d is no key: want %d random bytes in base64", i+1, keyBytes)
		}
		key, err := newKey(secret)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("there is no key in it")
	}
	return keys, nil
}

func newKey(secret []byte) (Key, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return Key{}, fmt.Errorf("make a cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return Key{}, fmt.Errorf("make a cipher: %w", err)
	}
	sum := sha256.Sum256(append([]byte("authtrail key id\x00"), secret...))
	return Key{id: hex.EncodeToString(sum[:6]), cipher: aead}, nil
}

// String names the key.
func (k Key) String() string { return "key " + k.id }

// GoString is as String.
func (k Key) GoString() string { return k.String() }

// seal encrypts. What it returns opens at the same place only.
func (k Key) seal(plain []byte, place string) string {
	return k.id + "." + base64.StdEncoding.EncodeToString(k.cipher.Seal(nil, nil, plain, []byte(place)))
}

// open reverses seal. It fails for what another key sealed, or for another place.
func (k Key) open(sealed, place string) ([]byte, bool) {
	id, text, _ := strings.Cut(sealed, ".")
	data, err := base64.StdEncoding.DecodeString(text)
	if id != k.id || err != nil {
		return nil, false
	}
	plain, err := k.cipher.Open(nil, nil, data, []byte(place))
	return plain, err == nil
}
