//go:build cluster

package elastic

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// writer is somebody who writes, and what was acknowledged.
type writer struct {
	mu      sync.Mutex
	written []string
	times   []time.Time   // when each was acknowledged
	refused int           // batches, each time that they were
	end     func()        // tells it to stop
	ended   chan struct{} // closed when it has
}

func (w *writer) acknowledged(ids ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written = append(w.written, ids...)
	for range ids {
		w.times = append(w.times, time.Now())
	}
}

// soFar returns what was acknowledged until now.
func (w *writer) soFar() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clip(w.written)
}

// before returns what was acknowledged until then.
func (w *writer) before(then time.Time) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	count, _ := slices.BinarySearchFunc(w.times, then, time.Time.Compare)
	return slices.Clip(w.written[:count])
}

func (w *writer) refusedOnce() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused++
}

func (w *writer) refusals() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refused
}

func (w *writer) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.written)
}

func (w *writer) waitFor(t *testing.T, count int) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); w.count() < count; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("a writer has written %d records, and not %d", w.count(), count)
		}
	}
}

func (w *writer) stop(t *testing.T) {
	t.Helper()
	w.end()
	select {
	case <-w.ended:
	case <-time.After(time.Minute):
		t.Fatal("a writer does not stop")
	}
}

func startWriter(t *testing.T, s *Store, name string) *writer {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &writer{end: cancel, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		write(ctx, t, s, name, w)
	}()
	return w
}

// witness is told what becomes of what is written.
type witness interface {
	acknowledged(ids ...string)
	refusedOnce()
}

// printer tells the parent process.
type printer struct{}

func (printer) acknowledged(ids ...string) { fmt.Println("wrote", strings.Join(ids, " ")) }

func (printer) refusedOnce() { fmt.Println("refused") }

// batchSize is how many records are written at once.
const batchSize = 10

// write appends batches of records of today and of the days before, until ctx
// ends. What is not acknowledged it sends again, to the end.
func write(ctx context.Context, t testing.TB, s *Store, name string, tell witness) {
	for b := 0; ctx.Err() == nil; b++ {
		var batch []*audit.Record
		var ids []string
		for i := range batchSize {
			late := time.Duration((b+i)%4) * 24 * time.Hour
			ids = append(ids, fmt.Sprintf("%s-%d-%d", name, b, i))
			batch = append(batch, event(t, "o", ids[i], time.Now().Add(-late), ""))
		}
		for {
			outcomes, err := s.Append(context.WithoutCancel(ctx), batch)
			if err == nil {
				for i, outcome := range outcomes {
					if outcome.Status == audit.Rejected {
						t.Errorf("%s was rejected: %s", ids[i], outcome.Reason)
					}
				}
				break
			}
			if audit.AsError(err).Code != audit.Unavailable {
				t.Errorf("append: %v", err)
				return
			}
			tell.refusedOnce()
			time.Sleep(50 * time.Millisecond) // as a caller would that is told to try later
		}
		tell.acknowledged(ids...)
		time.Sleep(300 * time.Millisecond) // readers page through all of it again and again
	}
}

// childOptions tells a child process of this test where to write.
const childOptions = "AUTHTRAIL_TEST_FEED_WRITER"

func startChild(t *testing.T, options Options) *writer {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWriterInAnotherProcess$")
	child.Env = append(os.Environ(), childOptions+"="+options.IndexPrefix+" "+strings.Join(options.URLs, " "))
	child.Stderr = os.Stderr
	input, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	w := &writer{end: func() { _ = input.Close() }, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			if ids, ok := strings.CutPrefix(lines.Text(), "wrote "); ok {
				w.acknowledged(strings.Fields(ids)...)
			} else if lines.Text() == "refused" {
				w.refusedOnce()
			}
		}
		if err := child.Wait(); err != nil {
			t.Errorf("the writer in a process of its own: %v", err)
		}
	}()
	return w
}

// TestWriterInAnotherProcess is the child of TestAClusterThatLosesNodesLosesNothing: it
// writes, and prints what was acknowledged, until its input ends.
func TestWriterInAnotherProcess(t *testing.T) {
	prefix, urls, found := strings.Cut(os.Getenv(childOptions), " ")
	if !found {
		return
	}
	s := open(t, Options{URLs: strings.Fields(urls), IndexPrefix: prefix, Partition: Day, Shards: 2, Replicas: 1, RequestTimeout: 10 * time.Second})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	write(ctx, t, s, "child", printer{})
}
