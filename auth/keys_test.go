package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"path/filepath"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/auth"
)

func TestEachKindOfPublicKeyTakesItsOwnAlgorithms(t *testing.T) {
	t.Parallel()
	signers := map[jwt.SigningMethod]crypto.Signer{
		jwt.SigningMethodRS256: rsaKey(), jwt.SigningMethodRS512: rsaKey(), jwt.SigningMethodPS256: rsaKey(),
		jwt.SigningMethodES256: ecKey(), jwt.SigningMethodES384: ecKey384(), jwt.SigningMethodEdDSA: edKey(),
	}
	takes := map[crypto.Signer]string{rsaKey(): "RS256 RS512 PS256", ecKey(): "ES256", ecKey384(): "ES384"}
	check := func(key crypto.Signer, algorithms string) {
		keys, err := auth.ReadPublicKey(pemOf(t, key.Public()))
		if err != nil {
			t.Fatal(err)
		}
		for method, signer := range signers {
			_, err := trusting(keys).Authenticate(t.Context(), "Bearer "+signed(t, method, signer, "", with(nil)))
			if believed := err == nil; believed != strings.Contains(algorithms, method.Alg()) {
				t.Errorf("a key for %s and a token by %s: %v", algorithms, method.Alg(), err)
			}
		}
	}
	for key, algorithms := range takes {
		check(key, algorithms)
	}
	check(edKey(), "EdDSA") // which is a slice, and no key of a map
}

func TestATokenByAnotherKeyOfTheSameKindIsRefused(t *testing.T) {
	t.Parallel()
	keys, err := auth.ReadPublicKey(pemOf(t, rsaKey().Public()))
	if err != nil {
		t.Fatal(err)
	}
	token := signed(t, jwt.SigningMethodRS256, rsaKey2(), "", with(nil))
	refused(t, trusting(keys), "Bearer "+token, audit.Unauthenticated)
}

func TestAPublicKeyMayComeInACertificate(t *testing.T) {
	t.Parallel()
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, ecKey().Public(), ecKey())
	if err != nil {
		t.Fatal(err)
	}
	for kind, der := range map[string][]byte{"CERTIFICATE": certificate, "RSA PUBLIC KEY": x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)} {
		if _, err := auth.ReadPublicKey(fileWith(t, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestFilesThatHoldNoUsablePublicKey(t *testing.T) {
	t.Parallel()
	der := func(key crypto.PublicKey) []byte { return must(x509.MarshalPKIXPublicKey(key)) }
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	small := &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 1023, 1), E: 65537}
	p224 := must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader))
	good := block("PUBLIC KEY", der(ecKey().Public()))
	for name, test := range map[string]struct {
		text []byte
		says string
	}{
		"nothing":         {nil, "not PEM"},
		"no PEM":          {[]byte("ssh-ed25519 AAAA"), "not PEM"},
		"a private key":   {block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(ecKey()))), "PRIVATE KEY"},
		"two keys":        {append(good, good...), "more than one"},
		"damaged":         {block("PUBLIC KEY", []byte("x")), "asn1"},
		"RSA of 1024 bit": {block("PUBLIC KEY", der(small)), "1024 bits is too short"},
		"another curve":   {block("PUBLIC KEY", der(p224.Public())), "P-256"},
	} {
		if _, err := auth.ReadPublicKey(fileWith(t, test.text)); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", name, err, test.says)
		}
	}
	if _, err := auth.ReadPublicKey(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing file was read")
	}
}

func TestTheSecretIsTheFileLessAFinalNewline(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"s": "s", "s\n": "s", "s\n\n": "s\n", " s\r\n": " s\r"} {
		if got, err := auth.ReadSecret(fileWith(t, []byte(text))); err != nil || string(got) != want {
			t.Errorf("%q is read as %q, %v", text, got, err)
		}
	}
	for _, empty := range []string{"", "\n"} {
		if _, err := auth.ReadSecret(fileWith(t, []byte(empty))); err == nil {
			t.Errorf("%q is a secret", empty)
		}
	}
}
