package node

import (
	"testing"

	"pgregory.net/rapid"
)

func TestGlobalIDsAreReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := globalID{kind: rapid.ByteRange(authAuditID, traceID).Draw(t, "kind"), org: rapid.String().Draw(t, "org"),
			id: rapid.String().Draw(t, "id")}
		if got, ok := parseGlobalID(want.String()); !ok || got != want {
			t.Fatalf("%q is read as %+v, %t", want.String(), got, ok)
		}
	})
}

func TestOtherTextIsNoGlobalID(t *testing.T) {
	t.Parallel()
	whole := globalID{kind: sessionID, org: "org", id: "id"}.String()
	for _, text := range []string{"", "n1_", "x", whole[:len(whole)-1], whole + "A", "n2_" + whole[3:], "n1_" + whole[4:],
		globalID{kind: destinationID + 1, id: "id"}.String(), globalID{kind: 0, id: "id"}.String()} {
		if got, ok := parseGlobalID(text); ok {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := "n1_" + rapid.String().Draw(t, "text")
		if got, ok := parseGlobalID(text); ok && got.String() != text {
			t.Fatalf("%q is read as %+v, which is %q", text, got, got)
		}
	})
}
