package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// attempts are events of ann's: one attempt that succeeded, and a later one of the same
// session that was denied; another user's, of another org with the request id of the
// first; and one whose user nobody knows.
var attempts = []string{
	attemptEvent(1, `"org_id":"org-1","request_id":"req-1","user_id":"ann","event_name":"Authentication Request","result":"InProgress","trace_id":"trace-1"`),
	attemptEvent(2, `"org_id":"org-1","request_id":"req-1","user_id":"ann","event_name":"Token","result":"Success","token_id":"tok-1","session":"ses-1"`),
	attemptEvent(3, `"org_id":"org-1","request_id":"req-2","user_id":"ann","event_name":"Authentication Request","result":"InProgress","session":"ses-1"`),
	attemptEvent(4, `"org_id":"org-1","request_id":"req-2","user_id":"ann","event_name":"Policy Evaluation","result":"Denied","source_ip":"203.0.113.9"`),
	attemptEvent(5, `"org_id":"org-2","request_id":"req-1","user_id":"bob","event_name":"Policy Evaluation","result":"Denied"`),
	attemptEvent(6, `"org_id":"org-2","request_id":"req-3","event_name":"Policy Evaluation","result":"Denied"`),
}

func attemptEvent(second int, members string) string {
	at := fmt.Sprintf("2026-11-20T10:00:%02dZ", second)
	return fmt.Sprintf(`{"unique_id":"rec-%d","create_time":%q,"event":{"subsystem":"auth","time":%[2]q,%s}}`, second, at, members)
}

// importedAttempts returns a data folder that holds the attempts.
func importedAttempts(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	file, data := filepath.Join(folder, "attempts.ndjson"), filepath.Join(folder, "data")
	if err := os.WriteFile(file, []byte(strings.Join(attempts, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "import", "--data", data, file)
	return data
}

func TestFlowIsFoundByWhicheverIDSomebodyHas(t *testing.T) {
	t.Parallel()
	data := importedAttempts(t)
	want := mustRun(t, "flow", "--data", data, "req-1", "--org", "org-1")
	for _, id := range []string{"tok-1", "trace-1", "rec-1", "rec-2"} {
		if got := mustRun(t, "flow", "--data", data, id); got != want {
			t.Errorf("by %s:\n%s\nwant\n%s", id, got, want)
		}
	}
}

func TestFlowListsThoseThatShareAnID(t *testing.T) {
	t.Parallel()
	data := importedAttempts(t)
	for _, test := range []struct {
		args      []string
		rows      []string
		org       bool
		told, not string
	}{
		{[]string{"ses-1"}, []string{"req-2", "req-1"}, false, `2 login flows have the id "ses-1"; authtrail flow req-2 takes the newest`, "--org"},
		{[]string{"req-1"}, []string{"org-2", "org-1"}, true, `2 login flows have the id "req-1"; authtrail flow ID --org ORG takes one`, "newest"},
		{[]string{"--json", "ses-1"}, []string{`"requestId":"req-2"`, `"requestId":"req-1"`}, false, "2 login flows", "--org"},
	} {
		got := authtrail(t, append([]string{"flow", "--data", data}, test.args...)...)
		lines := strings.Split(strings.TrimSpace(got.out), "\n")
		if test.args[0] != "--json" {
			if !strings.HasPrefix(lines[0], "STARTED") || strings.Contains(lines[0], "ORG") != test.org {
				t.Errorf("%v: columns %q", test.args, lines[0])
			}
			lines = lines[1:]
		}
		if got.code != exitOK || len(lines) != len(test.rows) || !strings.Contains(got.err, test.told) || strings.Contains(got.err, test.not) {
			t.Errorf("%v: exit code %d, said %q, listed\n%s", test.args, got.code, got.err, got.out)
			continue
		}
		for i, want := range test.rows {
			if !strings.Contains(lines[i], want) {
				t.Errorf("%v: line %q lacks %q", test.args, lines[i], want)
			}
		}
	}
}

func TestFlowSaysThatNothingHasTheID(t *testing.T) {
	t.Parallel()
	data := importedAttempts(t)
	for want, args := range map[string][]string{
		`no login flow has the id "nowhere"`:                {"nowhere"},
		`no login flow of the org org-2 has the id "tok-1"`: {"tok-1", "--org", "org-2"},
	} {
		got := authtrail(t, append([]string{"flow", "--data", data}, args...)...)
		if got.code != exitNothing || got.out != "" || !strings.Contains(got.err, want) {
			t.Errorf("%v: exit code %d, printed %q, said %q", args, got.code, got.out, got.err)
		}
	}
	if got := authtrail(t, "flow", "--data", data, ""); got.code != exitUsage {
		t.Errorf("an empty id: exit code %d: %s", got.code, got.err)
	}
}
