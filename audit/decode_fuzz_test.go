package audit_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// FuzzDecodeEvent checks that whatever is accepted is kept whole and comes back
// as it was, and that nothing panics.
func FuzzDecodeEvent(f *testing.F) {
	for _, event := range []string{`{}`, `{"event_name":"Token","user_id":7,"time":"x","a":{"b":[1,"\ud800",null]},"a":2}`,
		`{"api_name":"a","audit_attributes":[{"attribute_id":"x"},{}]}`, `{"log_type":"access","jti":"t","sub":"s","org":"o"}`} {
		f.Add([]byte(bulk(event)))
	}
	f.Add([]byte(`{"unique_id":"a"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := audit.DecodeEvent(json.RawMessage(raw), "sender-org")
		if err != nil {
			if audit.AsError(err).Code != audit.BadUserInput {
				t.Errorf("%s: %v", raw, err)
			}
			return
		}
		if r.Raw != string(raw) || !audit.InTimeRange(r.Time) {
			t.Errorf("%s became %s at %v", raw, r.Raw, r.Time)
		}
		if got := audit.Restore(r.Stored()); !reflect.DeepEqual(got, r) {
			t.Errorf("restored %+v, want %+v", got, r)
		}
		for range r.Document().Strings() {
		}
		for range r.Document().Extra() {
		}
	})
}
