package sqlite

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/storetest"
)

func TestReopening(t *testing.T) {
	t.Parallel()
	storetest.RunReopen(t, func(t testing.TB, dir string) audit.Store { return openIn(t, dir) })
}

// A lease must be renewed in time, however much waits to be written.
func TestTheRegistryDoesNotWaitBehindRecords(t *testing.T) {
	t.Parallel()
	s := open(t)
	var batches sync.WaitGroup
	defer batches.Wait()
	var sent sync.WaitGroup
	const waiting = 10
	done := make(chan int, waiting)
	for b := range waiting {
		batch := make([]*audit.Record, maxGroupRecords/2) // two are a commit
		for i := range batch {
			batch[i] = event(t, fmt.Sprintf("%d-%d", b, i), noon.Add(time.Duration(i)*time.Second), "")
		}
		sent.Add(1)
		batches.Go(func() {
			j := s.newJob(batch)
			sent.Done()
			s.jobs <- j
			<-j.written
			done <- b
		})
	}
	sent.Wait()
	<-done // the writer is at it
	if _, err := s.Put(t.Context(), audit.Entry{EntryKey: audit.EntryKey{Kind: "lease", ID: "l"}, Body: json.RawMessage("1")}); err != nil {
		t.Fatal(err)
	}
	if finished := len(done); finished > waiting/2 {
		t.Errorf("an entry was written after %d of %d batches", finished, waiting)
	}
}

func TestARefusedChangeSparesThoseCommittedWithIt(t *testing.T) {
	t.Parallel()
	s := open(t)
	entry := audit.Entry{EntryKey: audit.EntryKey{Kind: "lease", ID: "l"}, Body: json.RawMessage("1")}
	first, err := s.Put(t.Context(), entry)
	if err != nil {
		t.Fatal(err)
	}
	var puts sync.WaitGroup
	for i := range 8 {
		other := entry
		other.ID = fmt.Sprint(i)
		puts.Go(func() {
			if _, err := s.Put(t.Context(), other); err != nil {
				t.Errorf("a new entry: %v", err)
			}
			if _, err := s.Put(t.Context(), entry); audit.AsError(err).Code != audit.Conflict {
				t.Errorf("an entry that exists: %v", err)
			}
		})
	}
	puts.Wait()
	if held, err := s.Get(t.Context(), entry.EntryKey); err != nil || held.Version != first {
		t.Errorf("got %+v, %v", held, err)
	}
}
