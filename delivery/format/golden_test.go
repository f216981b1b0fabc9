package format_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery/format"
)

var update = flag.Bool("update", false, "write what the formats are now into testdata/golden")

func TestEveryFormatOfEveryOutcome(t *testing.T) {
	t.Parallel()
	cases := examples(t)
	if len(cases) < 20 {
		t.Fatalf("there are %d examples only", len(cases))
	}
	for _, name := range formats {
		for example, r := range cases {
			got := encode(t, in(name), r)
			if strings.ContainsAny(got, "\r\n") {
				t.Errorf("%s of %s has a newline: %q", name, example, got)
			}
			ext := ".json"
			if name == destination.FormatCEF {
				ext, got = ".cef", got+"\n"
			} else {
				got = indented(t, got)
			}
			golden(t, filepath.Join(name, strings.ToLower(example)+ext), got)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is now\n%s\nwas\n%s", name, got, want)
	}
}

func indented(t *testing.T, text string) string {
	t.Helper()
	var to bytes.Buffer
	if err := json.Indent(&to, []byte(text), "", "  "); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return to.String() + "\n"
}

func TestTheBulkEventIsSentAsItCame(t *testing.T) {
	t.Parallel()
	for _, r := range sample() {
		if got := encode(t, in(destination.FormatAgilicus), r); got != r.Raw {
			t.Fatalf("%s is not %s", got, r.Raw)
		}
	}
	spread := "{ \"unique_id\" : \"a\",\r\n \"create_time\":\"2026-01-02T03:04:05Z\",\n\t\"event\": {\"x\":\"a  b\\n\"} }"
	const want = `{"unique_id":"a","create_time":"2026-01-02T03:04:05Z","event":{"x":"a  b\n"}}`
	if got := encode(t, in(destination.FormatAgilicus), record(t, spread)); got != want {
		t.Errorf("%s is not %s", got, want)
	}
}

func TestAnUnknownFormatIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := format.New(in("leef")); err == nil || !strings.Contains(err.Error(), `"leef"`) {
		t.Errorf("%v", err)
	}
}

func TestAHashNeedsAKey(t *testing.T) {
	t.Parallel()
	d := in(destination.FormatECS, destination.Redaction{Field: "user_id", Action: destination.RedactHash})
	d.Keys = nil
	if _, err := format.New(d); err == nil || !strings.Contains(err.Error(), "--secret-key-file") {
		t.Errorf("%v", err)
	}
}
