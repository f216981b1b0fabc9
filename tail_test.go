package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/client"
	"github.com/authtrail/authtrail/terminal"
)

func TestTailEndsWhenItCannotRememberWhatItHasShown(t *testing.T) {
	t.Parallel()
	url, _ := serverIn(t, t.TempDir())
	folder := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(folder, "position")
	var errs lockedBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(t.Context(), []string{"tail", "--server", url, "--state", state}, noEnv, streams{strings.NewReader(""), &bytes.Buffer{}, &errs})
	}()
	eventually(t, "the tail has begun", func() bool { _, err := os.Stat(state); return err == nil })
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	send(t, url, "a-1")
	if code := <-ended; code != exitFailed || !strings.Contains(errs.String(), "save the state") {
		t.Errorf("ended with %d: %s", code, errs.String())
	}
}

func TestTailSaysOnceThatTheServerIsGoneAndGoesOnWhenItIsBack(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	url, stop := serverIn(t, data)
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var out, errs lockedBuffer
	state := filepath.Join(t.TempDir(), "position")
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"tail", "--server", url, "--state", state, "--json"}, noEnv, streams{strings.NewReader(""), &out, &errs})
	}()
	eventually(t, "the tail has begun", func() bool { _, err := os.Stat(state); return err == nil })
	stop()
	eventually(t, "the tail has tried again", func() bool { return strings.Contains(errs.String(), "refused") })
	again := serverAt(t, data, strings.TrimPrefix(url, "http://"))
	send(t, again, "a-1")
	eventually(t, "the tail goes on", func() bool { return strings.Contains(out.String(), `"a-1"`) })
	end()
	if code := <-ended; code != exitOK {
		t.Errorf("ended with %d", code)
	}
	if got := errs.String(); strings.Count(got, "refused") != 1 || strings.Contains(got, "nil") {
		t.Errorf("said:\n%s", got)
	}
}

func TestTailMovesOnPastWhatDoesNotMatch(t *testing.T) {
	t.Parallel()
	url, _ := serverIn(t, t.TempDir())
	server, err := client.New(url, "")
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "position")
	saved := func() string { text, _ := os.ReadFile(state); return string(text) }
	var out lockedBuffer
	followed := &tail{command: tailCommand{Search: "-unique_id:other*", State: state}, server: server,
		streams: streams{strings.NewReader(""), &out, &bytes.Buffer{}}, quiet: 20 * time.Millisecond}
	if err := followed.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- followed.follow(ctx) }()
	var want []string
	for i := range 20 { // whether they come while it listens or while it catches up
		id := fmt.Sprintf("mine-%d", i)
		want = append(want, id)
		send(t, url, fmt.Sprintf("other-%d", i), id)
	}
	eventually(t, "all that match are shown", func() bool { return strings.Count(out.String(), "\n") >= len(want) })
	before := saved()
	send(t, url, "other-last")
	eventually(t, "the position moves", func() bool { return saved() != before })
	end()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	if got := strings.Count(out.String(), "\n"); got != len(want) {
		t.Errorf("%d records were shown, want %d:\n%s", got, len(want), out.String())
	}
}

func TestACommandAsksTheOneThatHasTheDataFolderOpen(t *testing.T) {
	t.Parallel()
	data := importedSample(t)
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"tail", "--data", data}, noEnv, streams{strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}})
	}()
	address := filepath.Join(data, addressFile)
	eventually(t, "the tail serves the folder", func() bool { text, err := os.ReadFile(address); return err == nil && len(text) > 0 })
	mustRun(t, "search", "--data", data, "-n", "1", "denied")
	end()
	if code := <-ended; code != exitOK {
		t.Errorf("the tail ended with %d", code)
	}
	if _, err := os.Stat(address); !os.IsNotExist(err) {
		t.Errorf("the address is still there: %v", err)
	}
}

func TestALineLeavesOutWhatTheRecordLacks(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 11, 1, 10, 0, 0, 0, time.Local)
	full := row{Time: when, EventName: "Token", Result: "Success", UserID: "ann", ApplicationName: "Wiki", SourceIP: "10.0.0.1", RequestID: "req-1"}
	for want, r := range map[string]row{
		"2026-11-01 10:00:00  Token: Success  ann  Wiki  from 10.0.0.1  req-1": full,
		"2026-11-01 10:00:00  Token: -  -":                                     {Time: when, EventName: "Token"},
	} {
		if got := r.line(terminal.Screen{}); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

func TestTailThatIsEndedBeforeItBeganIsNoFailure(t *testing.T) {
	t.Parallel()
	url, _ := serverIn(t, t.TempDir())
	ended, end := context.WithCancel(t.Context())
	end()
	var errs bytes.Buffer
	if code := run(ended, []string{"tail", "--server", url}, noEnv, streams{strings.NewReader(""), &bytes.Buffer{}, &errs}); code != exitOK {
		t.Errorf("ended with %d: %s", code, errs.String())
	}
}

func TestTailDoesNotTakeAnEmptyStateForTheEnd(t *testing.T) {
	t.Parallel()
	url, _ := serverIn(t, t.TempDir())
	state := filepath.Join(t.TempDir(), "position")
	for _, content := range []string{"", "\n"} {
		if err := os.WriteFile(state, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		got := authtrail(t, "tail", "--server", url, "--state", state)
		if got.code != exitFailed || !strings.Contains(got.err, state+" is empty") || !strings.Contains(got.err, "remove it") {
			t.Errorf("a state of %q: code %d: %s", content, got.code, got.err)
		}
	}
}
