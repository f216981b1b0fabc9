package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestImportingTheSampleTwiceStoresEveryEventOnce(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	if got, want := mustRun(t, "import", "--data", data, sample), "3142 new, 28 duplicate, 0 invalid\n"; got != want {
		t.Errorf("first import: %q, want %q", got, want)
	}
	if got, want := mustRun(t, "import", "--data", data, sample), "0 new, 3170 duplicate, 0 invalid\n"; got != want {
		t.Errorf("second import: %q, want %q", got, want)
	}
	url, _ := serverIn(t, data)
	var counts struct {
		AuthAudits, Audits, Events struct{ TotalCount int }
	}
	ask(t, url, `{ authAudits { totalCount } audits { totalCount } events { totalCount } }`, &counts)
	total := counts.AuthAudits.TotalCount + counts.Audits.TotalCount + counts.Events.TotalCount
	if total != sampleEvents {
		t.Errorf("%d events are stored, want %d", total, sampleEvents)
	}
}

func TestImportIntoARunningServerFindsItByTheDataFolder(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	serverIn(t, data)
	if got, want := mustRun(t, "import", "--data", data, "--json", sample), `{"new":3142,"duplicate":28,"invalid":0}`+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestABadLineIsReportedWithItsNumberAndDoesNotStopTheRest(t *testing.T) {
	t.Parallel()
	good := func(id string) string {
		return `{"unique_id":"` + id + `","create_time":"2026-01-02T03:04:05Z","event":{}}`
	}
	lines := []string{
		good("a-1"), `{"unique_id":`, "", `"no object"`, good("a-2"), `{"unique_id":"has space","create_time":"2026-01-02T03:04:05Z","event":{}}`,
		`{"unique_id":"a-3","create_time":"yesterday","event":{}}`, `{"unique_id":"a-4","create_time":"2026-01-02T03:04:05Z","event":{"x":"` + strings.Repeat("y", 2<<20) + `"}}`,
		good("a-1"), good("a-5"),
	}
	file := filepath.Join(t.TempDir(), "events.ndjson")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	got := authtrail(t, "import", "--data", filepath.Join(t.TempDir(), "data"), "--json", file)
	if got.code != exitPartly {
		t.Errorf("exit code %d, want %d", got.code, exitPartly)
	}
	var report importReport
	if err := json.Unmarshal([]byte(got.out), &report); err != nil {
		t.Fatal(err)
	}
	if want := (importReport{New: 3, Duplicate: 1, Invalid: 5}); report != want {
		t.Errorf("reported %+v, want %+v", report, want)
	}
	for _, line := range []string{":2: ", ":4: ", ":6: ", ":7: ", ":8: "} {
		if !strings.Contains(got.err, file+line) {
			t.Errorf("nothing was said about line %s\n%s", line, got.err)
		}
	}
}

func TestOfManyBadLinesTheFirstAreShownAndAllAreCounted(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "events.ndjson")
	if err := os.WriteFile(file, []byte(strings.Repeat("neither JSON\n", 3000)+strings.Repeat("[1]\n", 10)), 0o600); err != nil {
		t.Fatal(err)
	}
	got := authtrail(t, "import", "--data", filepath.Join(t.TempDir(), "data"), file)
	if got.code != exitPartly || got.out != "0 new, 0 duplicate, 3010 invalid\n" {
		t.Errorf("exit code %d: %s", got.code, got.out)
	}
	if lines := strings.Count(got.err, file+":"); lines != maxShown+1 || !strings.Contains(got.err, file+": 2990 more lines are invalid:\n  2980: is not valid JSON\n  10: ") {
		t.Errorf("%d lines were said:\n%s", lines, got.err)
	}
}

func TestImportSendsNoMoreAtOnceThanTheServerTakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	url, log, _ := startServer(t, dir, "127.0.0.1:0", "--rate-limit", "60000", "--rate-burst", "60")
	if !strings.Contains(log.String(), "--rate-limit") {
		t.Errorf("nothing was said about so small a bound:\n%s", log.String())
	}
	var events strings.Builder
	for i := range 100 {
		fmt.Fprintf(&events, `{"unique_id":"e%d","create_time":"2026-11-01T12:00:00Z","event":{"org_id":"one","event_name":"Token"}}`+"\n", i)
	}
	events.WriteString("{}\n")
	file := filepath.Join(dir, "events.ndjson")
	if err := os.WriteFile(file, []byte(events.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	got := authtrail(t, "import", "--server", url, file)
	if got.code != exitPartly || got.out != "100 new, 0 duplicate, 1 invalid\n" || !strings.Contains(got.err, file+":101: ") {
		t.Errorf("%+v", got)
	}
}

func TestTheCommandsWorkWithARateLimitThatIsNotWarnedOf(t *testing.T) {
	t.Parallel()
	url, log, _ := startServer(t, t.TempDir(), "127.0.0.1:0", "--rate-limit", fmt.Sprint(usefulBurst))
	if strings.Contains(log.String(), "--rate-limit") {
		t.Errorf("it was warned of:\n%s", log.String())
	}
	if got := authtrail(t, "destinations", "--server", url); got.code != exitNothing {
		t.Errorf("%+v", got)
	}
}

func TestImportOfAMissingFileFailsAndNamesIt(t *testing.T) {
	t.Parallel()
	got := authtrail(t, "import", "--data", filepath.Join(t.TempDir(), "data"), "nowhere.ndjson")
	if got.code != exitFailed || !strings.Contains(got.err, "nowhere.ndjson") {
		t.Errorf("exit code %d: %s", got.code, got.err)
	}
}

func TestImportFindsAWrongFileBeforeItStoresAnything(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"nowhere.ndjson", t.TempDir()} {
		data := filepath.Join(t.TempDir(), "data")
		got := authtrail(t, "import", "--data", data, sample, wrong)
		if got.code != exitFailed || !strings.Contains(got.err, wrong) {
			t.Errorf("exit code %d: %s", got.code, got.err)
		}
		if _, err := os.Stat(data); !os.IsNotExist(err) {
			t.Errorf("%s: the data folder was made: %v", wrong, err)
		}
	}
}

func TestImportOfAPackedFileSaysHowToUnpackIt(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "events.ndjson.gz")
	if err := os.WriteFile(file, []byte("\x1f\x8b\x08\x00packed\nand\nmore\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := authtrail(t, "import", "--data", filepath.Join(t.TempDir(), "data"), file)
	if got.code != exitFailed || !strings.Contains(got.err, "gunzip") || strings.Contains(got.err, "not valid JSON") {
		t.Errorf("exit code %d: %s", got.code, got.err)
	}
}
