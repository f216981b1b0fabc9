package secret_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/secret"
	"github.com/authtrail/authtrail/store/sqlite"
)

func openRegistry(t *testing.T) audit.Registry {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// open returns a vault that was checked.
func open(t *testing.T, options secret.Options) (*secret.Vault, error) {
	t.Helper()
	v := secret.New(options)
	return v, v.Check(t.Context())
}

func parse(t *testing.T, file string) []secret.Key {
	t.Helper()
	keys, err := secret.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestAKeyFile(t *testing.T) {
	t.Parallel()
	a, b := secret.Generate(), secret.Generate()
	if keys := parse(t, "# newest\n"+a+"\r\n\n  "+b+" "); len(keys) != 2 {
		t.Errorf("%d keys", len(keys))
	}
	for file, want := range map[string]string{
		"": "no key", "# nothing\n": "no key", a + "\n" + a[1:]: "line 2", "c3dvcmRmaXNo": "32 random bytes",
	} {
		_, err := secret.Parse(file)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "c3dvcmRmaXNo") {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", parse(t, a)[0], parse(t, a), parse(t, a)); strings.Contains(text, a) {
		t.Errorf("a key prints itself: %s", text)
	}
}

func TestSealedTextOpensWithItsKeyAndInItsPlace(t *testing.T) {
	t.Parallel()
	registry, file := openRegistry(t), secret.Generate()
	vault := func(file string) *secret.Vault {
		v, err := open(t, secret.Options{Registry: registry, Keys: parse(t, file)})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := vault(file)
	sealed, err := v.Seal(t.Context(), []byte("swordfish"), "here")
	again, _ := v.Seal(t.Context(), []byte("swordfish"), "here")
	if err != nil || strings.Contains(sealed, "swordfish") || sealed == again {
		t.Fatalf("sealed %s and %s, %v", sealed, again, err)
	}
	rotated := vault(secret.Generate() + "\n" + file)
	for _, v := range []*secret.Vault{v, rotated} {
		if plain, err := v.Open(sealed, "here"); string(plain) != "swordfish" || err != nil {
			t.Errorf("opened %q, %v", plain, err)
		}
	}
	if !v.Newest(sealed) || rotated.Newest(sealed) {
		t.Error("which key sealed it is not known")
	}
	flipped := []byte(sealed)
	flipped[len(flipped)-3] ^= 1
	for text, place := range map[string]string{sealed: "there", string(flipped): "here", "": "here", "x.y": "here"} {
		if _, err := v.Open(text, place); !errors.Is(err, secret.ErrOtherKey) {
			t.Errorf("%q opened at %s: %v", text, place, err)
		}
	}
}

func TestAProcessWithAnotherKeyIsRefused(t *testing.T) {
	t.Parallel()
	registry, file := openRegistry(t), secret.Generate()
	if _, err := open(t, secret.Options{Registry: registry}); err != nil {
		t.Fatalf("without a key, where nothing is encrypted: %v", err)
	}
	for range 2 {
		if _, err := open(t, secret.Options{Registry: registry, Keys: parse(t, file)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, keys := range [][]secret.Key{nil, parse(t, secret.Generate())} {
		if _, err := open(t, secret.Options{Registry: registry, Keys: keys}); !errors.Is(err, secret.ErrOtherKey) {
			t.Errorf("with %v: %v", keys, err)
		}
	}
}

func TestNoKeyIsMadeWhereTheStoreHasAnother(t *testing.T) {
	t.Parallel()
	registry := openRegistry(t)
	if _, err := open(t, secret.Options{Registry: registry, Keys: parse(t, secret.Generate())}); err != nil {
		t.Fatal(err)
	}
	v := secret.New(secret.Options{Registry: registry, Create: func() ([]secret.Key, error) {
		t.Error("a key was made")
		return nil, nil
	}})
	if _, err := v.Seal(t.Context(), nil, ""); !errors.Is(err, secret.ErrOtherKey) {
		t.Errorf("sealed: %v", err)
	}
}

func TestAKeyIsMadeForTheFirstSecret(t *testing.T) {
	t.Parallel()
	registry, made := openRegistry(t), 0
	v, err := open(t, secret.Options{Registry: registry, Create: func() ([]secret.Key, error) {
		made++
		return secret.Parse(secret.Generate())
	}})
	if err != nil || made != 0 {
		t.Fatalf("made %d, %v", made, err)
	}
	for range 2 {
		sealed, err := v.Seal(t.Context(), []byte("x"), "")
		if plain, _ := v.Open(sealed, ""); err != nil || string(plain) != "x" {
			t.Fatal(err)
		}
	}
	if made != 1 {
		t.Errorf("made %d keys", made)
	}
	none, err := open(t, secret.Options{Registry: openRegistry(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := none.Seal(t.Context(), nil, ""); audit.AsError(err).Code != audit.BadUserInput || !strings.Contains(err.Error(), "--secret-key-file") {
		t.Errorf("without a key: %v", err)
	}
}
