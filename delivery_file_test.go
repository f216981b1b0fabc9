package main

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// deliveredLines returns the ids in a delivered file and what was rotated of it, in
// order.
func deliveredLines(t *testing.T, path string) (ids []string) {
	t.Helper()
	names, err := filepath.Glob(path + ".*Z*")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	for _, name := range append(names, path) {
		if strings.HasSuffix(name, ".partial") || slices.Contains(names, strings.TrimSuffix(name, ".gz")) && strings.HasSuffix(name, ".gz") {
			continue // of what is there once more
		}
		for line := range strings.Lines(readDelivered(t, name)) {
			var event struct {
				ID string `json:"unique_id"`
			}
			if err := json.Unmarshal([]byte(line), &event); err != nil {
				t.Fatalf("%s has the line %q", name, line)
			}
			ids = append(ids, event.ID)
		}
	}
	return ids
}

func readDelivered(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var from io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if from, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A file that is rotated all the time has every event, in order, and whole lines only,
// though the server is killed; what is there twice stands within a batch.
func TestAFileHasAllEventsThoughServersAreKilled(t *testing.T) {
	t.Parallel()
	const kills = 10
	data := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(data, "delivered", "audits.log")
	flags := []string{"--data", data, "--no-flow-builder", "--log-level", "error", "--delivery-file-max-bytes", "100000", "--delivery-file-keep", "0"}
	s := startProcess(t, flags...)
	id := destinationID(t, fetch(t, http.MethodPost, s.url+destinations, strings.NewReplacer(`"webhook"`, `"file"`).Replace(webhookTo("file://./audits.log"))), http.StatusCreated)
	lines, wanted := numberedEvents(0, 5_000)
	sent := 0
	for round := range kills {
		time.AfterFunc(time.Duration(20+rand.IntN(300))*time.Millisecond, s.kill)
		for until := len(lines) * (round + 1) / kills; sent < until; {
			n := s.sendBulks(lines[sent:until], 250)
			if sent += n; n == 0 {
				break
			}
		}
		<-s.dead
		s = startProcess(t, flags...)
	}
	if sent += s.sendBulks(lines[sent:], 250); sent < len(lines) {
		t.Fatalf("%d of %d events were acknowledged", sent, len(lines))
	}
	eventually(t, "all is delivered", func() bool { return s.delivering(t, id) && s.idle(t) })
	s.kill()
	got := deliveredLines(t, path)
	if err := inOrderWithin(got, wanted, largestBatch); err != nil {
		t.Error(err)
	}
	t.Logf("%d lines of %d events", len(got), len(wanted))
}

// inOrderWithin says what is wrong with ids, where wanted were to come, in their order,
// and some again, less than so many places later.
func inOrderWithin(got, wanted []string, inFlight int) error {
	places := map[string]int{}
	for i, id := range wanted {
		places[id] = i
	}
	next := 0
	for _, id := range got {
		place, ok := places[id]
		switch {
		case !ok:
			return fmt.Errorf("%s is not to be there", id)
		case place == next:
			next++
		case place > next:
			return fmt.Errorf("%s comes where %s was to", id, wanted[next])
		case next-place > inFlight:
			return fmt.Errorf("%s comes again after %s", id, wanted[next-1])
		}
	}
	if next < len(wanted) {
		return fmt.Errorf("%s is missing, and what comes after it", wanted[next])
	}
	return nil
}

func TestFilesAreOpenedAnewOnAHangup(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(data, "delivered", "audits.log")
	s := startProcess(t, "--data", data, "--no-flow-builder")
	id := destinationID(t, fetch(t, http.MethodPost, s.url+destinations, strings.NewReplacer(`"webhook"`, `"file"`).Replace(webhookTo("file://./audits.log"))), http.StatusCreated)
	eventually(t, "the server delivers", func() bool { return s.delivering(t, id) })
	for round := range 2 {
		lines, wanted := numberedEvents(round*10, round*10+10)
		if s.sendLines(lines) != len(lines) {
			t.Fatal("not all was acknowledged")
		}
		eventually(t, "the events are in the file", func() bool {
			_, err := os.Stat(path)
			return err == nil && slices.Equal(deliveredLines(t, path), wanted)
		})
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
		if err := s.process.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the hangup is heard", func() bool { return strings.Count(s.log.String(), "opening delivered files anew") == round+1 })
	}
}
