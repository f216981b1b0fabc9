package sqlite

import "testing"

// The vectors are those of SipHash-1-3's reference: key 00 01 … 0f, and data 00 01 ….
func TestHashIsSipHash13(t *testing.T) {
	t.Parallel()
	key := hashKey{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	for length, want := range []uint64{0xabac0158050fc4dc, 0xc9f49bf37d57ca93, 0x82cb9b024dc7d44d, 0x8bf80ab8e7ddf7fb} {
		data := []byte{0, 1, 2}[:length]
		if got := key.sum(data); got != want {
			t.Errorf("%d bytes: got %x, want %x", length, got, want)
		}
	}
	if hashKey.sum(key, make([]byte, 8)) == key.sum(make([]byte, 16)) {
		t.Error("the length does not matter")
	}
}
