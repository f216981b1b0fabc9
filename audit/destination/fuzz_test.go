package destination_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// Whatever is sent is refused, or is read to what it was: written and read again it
// is the same, and it is JSON without the secrets, too.
func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(`{"spec":{"enabled":false,"name":" \u0000","org_id":"","destination_type":"file","location":"file://./x","comment":"<&>","filters" : [ { "filter_type" : "x" } ] , "y" : 1e5 }, "x" : [ ] }`))
	f.Add([]byte(`{"spec":null,"spec":[]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := destination.Parse(body)
		if err != nil {
			if !isCode(err, audit.BadUserInput) {
				t.Fatalf("%v", err)
			}
			return
		}
		text := d.JSON()
		again, err := destination.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := again.JSON(); !bytes.Equal(metadataAside(t, got), metadataAside(t, text)) {
			t.Fatalf("got  %s\nwant %s", got, text)
		}
		if open := d.WithoutSecrets().JSON(); !json.Valid(open) {
			t.Fatalf("not JSON: %s", open)
		}
	})
}

// metadataAside leaves out what the server says: the times of one that was not stored
// mean nothing.
func metadataAside(t *testing.T, text []byte) []byte {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	delete(members, "metadata")
	rest, _ := json.Marshal(members)
	return rest
}
