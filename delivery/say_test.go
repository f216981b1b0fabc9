package delivery

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// lines is a log of a test.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

func (l *lines) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}

func TestTheLogSaysOnceThatAReceiverFailsNowAndThen(t *testing.T) {
	t.Parallel()
	w, log := newWorld(t), &lines{}
	w.log = slog.New(slog.NewTextHandler(log, nil))
	w.start()
	d := w.destination("a", `,"max_events_per_transaction":1`)
	w.becomes(d, delivering)
	n := 0
	w.receiver.says(func(context.Context, []string) (Result, error) {
		if n++; n%2 == 1 {
			return Result{}, &Failure{Reason: "not now"}
		}
		return Result{}, nil
	})
	w.receiver.gets(t, w.events("one", 0, 10)...)
	if said := log.count("does not take events"); said != 1 {
		t.Errorf("it was said %d times", said)
	}
}

// That a lease goes with its destination is no other process taking over.
func TestTheLogDoesNotSayThatAnotherTookOverWhatWasDeleted(t *testing.T) {
	t.Parallel()
	w, log := newWorld(t), &lines{}
	w.log = slog.New(slog.NewTextHandler(log, nil))
	w.start(shared, func(o *Options) { o.Poll = time.Hour })
	d := w.destination("a", "")
	w.becomes(d, delivering)
	if err := w.delivery.purge(t.Context(), keyOf(d)); err != nil { // as another process does
		t.Fatal(err)
	}
	if err := w.newDestinations().Delete(t.Context(), audit.Orgs("one"), d.ID); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return len(w.delivery.present()) == 0 }, func() string {
		return fmt.Sprintf("%d workers are left", len(w.delivery.present()))
	})
	if said := log.count("taken over"); said > 0 {
		t.Error("it says that another process has taken over")
	}
	if left, err := w.store.List(t.Context(), audit.EntryQuery{Kind: leaseKind, Scope: audit.AllOrgs(), Limit: 10}); err != nil || len(left) > 0 {
		t.Errorf("%d leases are there again, %v", len(left), err)
	}
}
