package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
)

// serveArgs tells a child process of these tests how to serve.
const serveArgs = "AUTHTRAIL_TEST_SERVE"

// TestServerThatIsKilled is the child process; by itself it does nothing.
func TestServerThatIsKilled(t *testing.T) {
	args := os.Getenv(serveArgs)
	if args == "" {
		return // there is nothing to do in the process of the tests below
	}
	run(context.Background(), strings.Split(args, "\n"), noEnv, streams{strings.NewReader(""), os.Stdout, os.Stderr})
}

// serverProcess is a server in a process of its own.
type serverProcess struct {
	process *exec.Cmd
	log     *lockedBuffer
	url     string
	reap    sync.Once
	dead    chan struct{} // closed when it was killed
}

// startProcess runs a server until it is killed, or the test ends.
func startProcess(t *testing.T, flags ...string) *serverProcess {
	t.Helper()
	s := &serverProcess{process: exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServerThatIsKilled$"), log: &lockedBuffer{}, dead: make(chan struct{})}
	args := append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)
	s.process.Env = append(os.Environ(), serveArgs+"="+strings.Join(args, "\n"))
	s.process.Stderr = s.log
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	eventually(t, "the server listens", func() bool {
		_, said, _ := strings.Cut(s.log.String(), "listening on ")
		address, _, whole := strings.Cut(said, ",")
		s.url = address
		return whole
	})
	return s
}

func (s *serverProcess) kill() {
	_ = s.process.Process.Kill()
	s.reap.Do(func() {
		_ = s.process.Wait() // it says "signal: killed"
		close(s.dead)
	})
}

// building reports whether the server builds the login flows.
func (s *serverProcess) building(t *testing.T) bool {
	t.Helper()
	_, metrics := get(t, s.url+"/metrics")
	return strings.Contains(metrics, "authtrail_flow_builder_working 1\n")
}

// sendLines sends bulk events, a hundred at a time, and returns how many were
// acknowledged before the server was gone.
func (s *serverProcess) sendLines(lines []json.RawMessage) (acknowledged int) {
	return s.sendBulks(lines, 100)
}

// sendBulks is sendLines with another number at a time.
func (s *serverProcess) sendBulks(lines []json.RawMessage, size int) (acknowledged int) {
	for acknowledged < len(lines) {
		some := lines[acknowledged:min(acknowledged+size, len(lines))]
		body, _ := json.Marshal(map[string]any{"events": some})
		answer, err := http.Post(s.url+"/v1/bulk_audit_events", "application/json", bytes.NewReader(body))
		if err != nil {
			return acknowledged
		}
		answer.Body.Close()
		if answer.StatusCode >= http.StatusMultipleChoices {
			return acknowledged
		}
		acknowledged += len(some)
	}
	return acknowledged
}

// sampleLines returns the sample's events, and the records that they are.
func sampleLines(t *testing.T) (lines []json.RawMessage, records []*audit.Record) {
	t.Helper()
	text, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		record, err := audit.DecodeEvent(line, "")
		if err != nil {
			t.Fatal(err)
		}
		lines, records = append(lines, json.RawMessage(line)), append(records, record)
	}
	return lines, records
}

// flowsAreBuilt waits until the sample's login flows are stored.
func flowsAreBuilt(t *testing.T, url string) {
	t.Helper()
	eventually(t, "the login flows are built", func() bool {
		_, metrics := get(t, url+"/metrics")
		return strings.Contains(metrics, fmt.Sprintf("authtrail_flow_builder_records_total %d\n", sampleEvents))
	})
}

// requireFlows requires that exactly the flows of all records are stored, or soon will be.
func requireFlows(t *testing.T, config Config, records []*audit.Record) {
	t.Helper()
	store, err := openFlowStore(t.Context(), config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	want := map[audit.Key]string{}
	for _, s := range flow.StitchAll(records, flow.Rules{Idle: config.FlowIdle}) {
		want[audit.Key{Org: s.Org, UniqueID: s.ID()}] = toldFlow(s)
	}
	var differs string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if differs = compareFlows(storedFlowsOf(t, store), want); differs == "" {
			return
		}
	}
	t.Error(differs)
}

func storedFlowsOf(t *testing.T, store audit.FlowStore) map[audit.Key]string {
	t.Helper()
	told := map[audit.Key]string{}
	q := audit.Query{Scope: audit.AllOrgs(), Kinds: []audit.Kind{audit.KindFlow}, Window: audit.Window{Limit: audit.MaxPageSize}}
	for {
		page, err := store.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Records() {
			state, err := flow.StateOf(row)
			if err != nil {
				t.Fatal(err)
			}
			told[row.Key()] = toldFlow(state.Stitched)
		}
		if !page.HasNext {
			return told
		}
		after := q.CursorAt(page.Hits[len(page.Hits)-1])
		q.Window.After = &after
	}
}

func toldFlow(s *flow.Stitched) string {
	var b strings.Builder
	fmt.Fprint(&b, s.Key, s.Conflicts)
	for _, link := range s.Links {
		fmt.Fprint(&b, " ", link.Record.UniqueID, link.Via, len(link.Record.Raw))
	}
	return b.String()
}

func compareFlows(got, want map[audit.Key]string) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d flows are stored, want %d", len(got), len(want))
	}
	for key, told := range want {
		if got[key] != told {
			return fmt.Sprintf("flow %s of %s is\n%s\nwant\n%s", key.UniqueID, key.Org, got[key], told)
		}
	}
	return ""
}

func TestFlowsAreWholeAfterServersWereKilled(t *testing.T) {
	t.Parallel()
	lines, records := sampleLines(t)
	config := defaultConfig()
	config.Data = filepath.Join(t.TempDir(), "data")
	kills := 0
	for sent := 0; sent < len(lines); {
		s := startProcess(t, "--data", config.Data)
		if kills < 5 {
			time.AfterFunc(time.Duration(5+rand.IntN(80))*time.Millisecond, s.kill)
			kills++
		}
		sent += s.sendLines(lines[sent:])
		s.kill()
	}
	app, err := newApplication(t.Context(), config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := app.flows.builder.CatchUp(t.Context(), time.Minute); err != nil {
		t.Error(err)
	}
	app.close()
	requireFlows(t, config, records)
}
