package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func TestSearchListsRecordsInColumns(t *testing.T) {
	t.Parallel()
	data := importedSample(t)
	lines := strings.Split(strings.TrimSpace(mustRun(t, "search", "--data", data, "-n", "5", `denied "water scada"`)), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "TIME") {
		t.Fatalf("got %d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	for _, line := range lines[1:] {
		if !strings.Contains(line, "Denied") || !strings.Contains(line, "Water SCADA") {
			t.Errorf("line %q", line)
		}
	}
}

func TestSearchFollowsPagesUpToItsLimit(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(mustRun(t, "search", "--data", importedSample(t), "-n", "450", "--json")), "\n")
	seen := map[string]bool{}
	for _, line := range lines {
		var record struct{ UniqueID string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		seen[record.UniqueID] = true
	}
	if len(lines) != 450 || len(seen) != 450 {
		t.Errorf("got %d lines, %d different records; want 450", len(lines), len(seen))
	}
}

func TestSearchSaysByItsExitCodeThatNothingWasFound(t *testing.T) {
	t.Parallel()
	got := authtrail(t, "search", "--data", importedSample(t), "zzzzzz")
	if got.code != exitNothing || got.out != "" || !strings.Contains(got.err, "nothing matches") {
		t.Errorf("exit code %d, printed %q, said %q", got.code, got.out, got.err)
	}
}

func TestFlowShowsTheAttemptAndItsVerdict(t *testing.T) {
	t.Parallel()
	data := importedSample(t)
	var found struct{ RequestID, ID string }
	line := strings.SplitN(mustRun(t, "search", "--data", data, "--flows", "-n", "1", "--json", "result:Denied"), "\n", 2)[0]
	if err := json.Unmarshal([]byte(line), &found); err != nil {
		t.Fatal(err)
	}
	byRequest := mustRun(t, "flow", "--data", data, found.RequestID)
	if !strings.Contains(byRequest, "✗ DENIED") || !strings.Contains(byRequest, "Policy Evaluation") {
		t.Errorf("printed:\n%s", byRequest)
	}
	if byID := mustRun(t, "flow", "--data", data, found.ID); byID != byRequest {
		t.Errorf("by its id:\n%s\nby its request id:\n%s", byID, byRequest)
	}
	if got := authtrail(t, "flow", "--data", data, "req-nowhere"); got.code != exitNothing {
		t.Errorf("an unknown id: exit code %d: %s", got.code, got.err)
	}
}

func TestTailResumesWithoutAGapAfterARestart(t *testing.T) {
	t.Parallel()
	url, _ := serverIn(t, t.TempDir())
	state := filepath.Join(t.TempDir(), "position")
	tailUntil(t, url, state, nil) // remembers the end, before anything arrived
	send(t, url, "a-1", "a-2")
	tailUntil(t, url, state, []string{"a-1", "a-2"})
	send(t, url, "a-3")
	tailUntil(t, url, state, []string{"a-3"})
}

// tailUntil tails until exactly the wanted records were shown, in order.
func tailUntil(t *testing.T, url, state string, want []string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, errs lockedBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"tail", "--server", url, "--state", state, "--json"}, noEnv, streams{strings.NewReader(""), &out, &errs})
	}()
	eventually(t, "the tail has shown its records", func() bool {
		saved, err := os.ReadFile(state)
		return err == nil && len(saved) > 0 && strings.Count(out.String(), "\n") >= len(want)
	})
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("the tail ended with %d: %s", code, errs.String())
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		var record struct{ UniqueID string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		got = append(got, record.UniqueID)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("shown %v, want %v", got, want)
	}
}

// send stores authentication audits with the given ids.
func send(t *testing.T, url string, ids ...string) {
	t.Helper()
	var events []string
	for _, id := range ids {
		events = append(events, fmt.Sprintf(`{"unique_id":%q,"create_time":%q,"event":{"event_name":"Token","result":"Success"}}`,
			id, time.Now().UTC().Format(time.RFC3339Nano)))
	}
	answer, err := http.Post(url+"/v1/bulk_audit_events", "application/json", strings.NewReader(`{"events":[`+strings.Join(events, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		t.Fatalf("the server answered %s", answer.Status)
	}
}

func TestTokenPrintsATokenAndNothingElse(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("not a real secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	printed := mustRun(t, "token", "--hs256-secret-file", secret, "--subject", "ann", "--org", "org-1", "--role", "owner", "--audience", "api")
	token, err := jwt.Parse(strings.TrimSuffix(printed, "\n"), func(*jwt.Token) (any, error) { return []byte("not a real secret"), nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired(), jwt.WithAudience("api"), jwt.WithSubject("ann"))
	if err != nil {
		t.Fatal(err)
	}
	if claims := token.Claims.(jwt.MapClaims); claims["org"] != "org-1" {
		t.Errorf("claims %v", claims)
	}
}

func TestUsageErrorsHaveTheirOwnExitCode(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{}, {"nonsense"}, {"serve", "--listen", "0.0.0.0:8080"}, {"serve", "--listen", "nonsense"}, {"serve", "--store", "paper"},
		{"serve", "--flow-idle", "0s"}, {"search", "-n", "0"}, {"import"}, {"demo", "--logins", "3"},
		{"search", "--server", "127.0.0.1:8080"},
	} {
		if got := authtrail(t, args...); got.code != exitUsage || got.err == "" {
			t.Errorf("authtrail %v: exit code %d: %s", args, got.code, got.err)
		}
	}
}

func TestAFlagWinsOverItsVariable(t *testing.T) {
	t.Parallel()
	env := func(name string) (string, bool) { return "0.0.0.0:1", name == "AUTHTRAIL_LISTEN" }
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"serve"}, "0.0.0.0:1"},
		{[]string{"serve", "--listen", "10.0.0.1:2"}, "10.0.0.1:2"},
	} {
		var errs bytes.Buffer
		if code := run(t.Context(), test.args, env, streams{nil, &errs, &errs}); code != exitUsage || !strings.Contains(errs.String(), test.want) {
			t.Errorf("authtrail %v: exit code %d: %s", test.args, code, errs.String())
		}
	}
}

func TestAFolderWithoutRecordsIsNotSearchedAndStaysAsItIs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, data := range []string{folder, filepath.Join(folder, "missing")} {
		if got := authtrail(t, "search", "--data", data); got.code != exitFailed || !strings.Contains(got.err, "is no data folder") {
			t.Errorf("in %s: code %d, said %q", data, got.code, got.err)
		}
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("it holds %v, %v", entries, err)
	}
}

// importedSample returns a data folder that holds the sample.
func importedSample(t *testing.T) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	mustRun(t, "import", "--data", data, sample)
	return data
}
