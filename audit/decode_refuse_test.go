package audit_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestEventsThatAreRefused(t *testing.T) {
	t.Parallel()
	const ok = `"create_time":"2026-01-01T00:00:00Z","event":{}`
	for name, c := range map[string]struct{ raw, field, message string }{
		"no JSON":            {`{"unique_id":`, "", "not valid JSON"},
		"empty":              {``, "", "not valid JSON"},
		"a list":             {`[]`, "", "not a JSON object"},
		"null":               {`null`, "", "not a JSON object"},
		"two values":         {`{} {}`, "", "not valid JSON"},
		"invalid UTF-8":      {"{\"unique_id\":\"\xff\"," + ok + "}", "", "UTF-8"},
		"a surrogate byte":   {"{\"unique_id\":\"a\",\"x\":\"\xed\xa0\x80\"," + ok + "}", "", "UTF-8"},
		"too deep":           {`{"unique_id":"a",` + ok + `,"x":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}`, "", "500 levels"},
		"far too deep":       {`{"unique_id":"a",` + ok + `,"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, "", "500 levels"},
		"too big":            {`{"unique_id":"a",` + ok + `,"x":"` + strings.Repeat("x", audit.MaxEventBytes) + `"}`, "", "1048576"},
		"no unique_id":       {`{` + ok + `}`, "unique_id", "is missing; it must be a string of letters"},
		"empty unique_id":    {`{"unique_id":"",` + ok + `}`, "unique_id", "letters"},
		"numeric unique_id":  {`{"unique_id":7,` + ok + `}`, "unique_id", "letters"},
		"a space":            {`{"unique_id":"a b",` + ok + `}`, "unique_id", "letters"},
		"a newline":          {`{"unique_id":"a\n",` + ok + `}`, "unique_id", "letters"},
		"a letter elsewhere": {`{"unique_id":"é",` + ok + `}`, "unique_id", "letters"},
		"long unique_id":     {`{"unique_id":"` + strings.Repeat("a", 513) + `",` + ok + `}`, "unique_id", "512"},
		"no create_time":     {`{"unique_id":"a","event":{}}`, "create_time", "is missing; it must be an RFC 3339"},
		"a date":             {`{"unique_id":"a","create_time":"2026-01-01","event":{}}`, "create_time", "RFC 3339"},
		"create_time 1969":   {`{"unique_id":"a","create_time":"1969-12-31T23:59:59Z","event":{}}`, "create_time", "1970"},
		"create_time 2262":   {`{"unique_id":"a","create_time":"2262-01-01T00:00:00Z","event":{}}`, "create_time", "2261"},
		"30 February":        {`{"unique_id":"a","create_time":"2026-02-30T00:00:00Z","event":{}}`, "create_time", "RFC 3339"},
		"no event":           {`{"unique_id":"a","create_time":"2026-01-01T00:00:00Z"}`, "event", "is missing; it must be a JSON object"},
		"null event":         {`{"unique_id":"a","create_time":"2026-01-01T00:00:00Z","event":null}`, "event", "object"},
		"a list as event":    {`{"unique_id":"a","create_time":"2026-01-01T00:00:00Z","event":[]}`, "event", "object"},
	} {
		r, err := audit.DecodeEvent(json.RawMessage(c.raw), "")
		if r != nil || err == nil {
			t.Errorf("%s: was accepted", name)
			continue
		}
		known := audit.AsError(err)
		if known.Code != audit.BadUserInput || known.Field != c.field || !strings.Contains(known.Message, c.message) {
			t.Errorf("%s: %v %q %q, want BAD_USER_INPUT %q …%s…", name, known.Code, known.Field, known.Message, c.field, c.message)
		}
	}
}

func TestLimitsAreInclusive(t *testing.T) {
	t.Parallel()
	nested := `{"unique_id":"` + strings.Repeat("a", 512) + `","create_time":"2026-01-01T00:00:00Z","event":{"x":` +
		strings.Repeat("[", 498) + strings.Repeat("]", 498) + `}}`
	decode(t, nested)
	big := `{"unique_id":"a","create_time":"2026-01-01T00:00:00Z","event":{},"pad":""}`
	big = strings.Replace(big, `"pad":"`, `"pad":"`+strings.Repeat("x", audit.MaxEventBytes-len(big)), 1)
	if len(big) != audit.MaxEventBytes {
		t.Fatalf("the test's event has %d bytes", len(big))
	}
	decode(t, big)
}
