package node

import "testing"

// Whatever is sent as an id, it names at most one object, and that object has no
// other id: two ids of one object would be two entries of a client's cache.
func FuzzParseGlobalID(f *testing.F) {
	for _, id := range []globalID{{kind: authAuditID, org: "org-1", id: "a"}, {kind: traceID, id: "é"}, {kind: sessionID, org: "o"}} {
		f.Add(id.String())
	}
	f.Add("n1_")
	f.Fuzz(func(t *testing.T, text string) {
		if id, ok := parseGlobalID(text); ok && id.String() != text {
			t.Errorf("%q is read as %+v, whose id is %q", text, id, id.String())
		}
	})
}
