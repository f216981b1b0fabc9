package trail

import (
	"strings"
	"testing"
	"time"
)

// What could not be made an event would be read without a trace.
func TestWhateverWasAskedCanBeRecorded(t *testing.T) {
	t.Parallel()
	nested := any("x")
	for range 2_000 {
		nested = map[string]any{"not": nested}
	}
	listed := any("x")
	for range 2_000 {
		listed = []any{listed}
	}
	many := map[string]any{}
	for i := range 2_000 {
		many[strings.Repeat("m", 1+i%7)+string(rune('a'+i%26))+strings.Repeat("n", i/26)] = i
	}
	escaped := strings.Repeat("\x00\x1b\"\\\xff\u2028", 20_000)
	fields := make([]Field, 20)
	for i := range fields {
		fields[i] = Field{Name: "authAudits", Arguments: map[string]any{"search": escaped, "filter": nested}}
	}
	for name, read := range map[string]Read{
		"deep":      {Fields: []Field{{Name: "f", Arguments: map[string]any{"filter": nested}}}},
		"deep list": {Fields: []Field{{Name: "f", Arguments: map[string]any{"filter": listed}}}},
		"many":      {Parameters: many},
		"escaped":   {Fields: fields, Document: escaped, Name: escaped, Operation: escaped, Parameters: map[string]any{escaped: escaped}},
		"empty":     {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read.Outcome = OK
			members := encode(time.Now(), time.Second, escaped, Caller{RequestID: "r", UserAgent: escaped, SourceIP: "::1"}, read)
			if len(members) > mostOfOne {
				t.Errorf("it takes %d bytes, more than its place", len(members))
			}
			record, err := event(time.Now(), "an \"org\"", members)
			if err != nil {
				t.Fatalf("%v: %.200s", err, members)
			}
			if record.OrgID() != "an \"org\"" {
				t.Errorf("it is of %q", record.OrgID())
			}
		})
	}
}
