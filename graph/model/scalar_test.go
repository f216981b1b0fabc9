package model_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/graph/model"
)

func TestStringsAreReadBackAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "plain", `"quoted"`, `back\slash`, "line\nbreak\tand\x00more", "<html> & é 日本 😀", "\u2028", "\x7f"} {
		for _, marshaler := range []graphql.Marshaler{model.MarshalString(text), model.MarshalStringAt(&text)} {
			var written bytes.Buffer
			marshaler.MarshalGQL(&written)
			var read string
			if err := json.Unmarshal(written.Bytes(), &read); err != nil || read != text {
				t.Errorf("%q is written as %s, which reads %q, %v", text, &written, read, err)
			}
		}
	}
}

func TestTimesAreWrittenToTheNanosecond(t *testing.T) {
	t.Parallel()
	for moment, want := range map[time.Time]string{
		time.Date(2026, 11, 8, 12, 0, 0, 0, time.UTC):       `"2026-11-08T12:00:00Z"`,
		time.Date(2026, 11, 8, 12, 0, 0, 1200300, time.UTC): `"2026-11-08T12:00:00.0012003Z"`,
		{}: `"0001-01-01T00:00:00Z"`,
	} {
		var written bytes.Buffer
		model.MarshalDateTime(moment).MarshalGQL(&written)
		if written.String() != want {
			t.Errorf("%v is written as %s, want %s", moment, &written, want)
		}
	}
}

func TestATimeThatIsNoneIsTheCallersMistake(t *testing.T) {
	t.Parallel()
	for _, value := range []any{"", "yesterday", "2026-13-01T00:00:00Z", 7, true, map[string]any{}, []any{"2026-11-01T00:00:00Z"}} {
		_, err := model.UnmarshalDateTime(value)
		if known := audit.AsError(err); known == nil || known.Code != audit.BadUserInput {
			t.Errorf("%v: %v", value, err)
		}
	}
}
