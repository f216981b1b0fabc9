package audit_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func FuzzValidJSONIsWhatTheStandardLibrarySaysItIs(f *testing.F) {
	sample, err := os.ReadFile("../testdata/sample-events.ndjson")
	if err != nil {
		f.Fatal(err)
	}
	first, _, _ := strings.Cut(string(sample), "\n")
	for _, text := range []string{
		first, first[:len(first)-1], first + "}", "", " ", "null", " {} ", `{"a":1,"a":2}`, `{"a":1,}`, `[1,]`, `"\ud800"`, `"\udc00\ud800"`, `"\x"`, `"\u12"`,
		"\"\xff\"", "\"\x00\"", "\"\t\"", "01", "-0", "-", "1.", "1e400", "{}{}", "\ufeff{}", "{'a':1}", "nul", "tru\u0065", "\"\u2028\"",
		strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, want := audit.ValidJSON(text), json.Valid(text); got != want {
			t.Errorf("%.100q is valid: %v, want %v", text, got, want)
		}
	})
}
