package elastic

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// TestTheFeedGivesEveryRecordOnce writes from three processes, one of them a
// process of its own, with records that are late by days, while another reads the
// feed. Meanwhile a partition is dropped, a primary shard moves to another node, and the
// node of a primary shard is killed and comes back.
func TestTheFeedGivesEveryRecordOnce(t *testing.T) {
	t.Parallel()
	cluster := elastictest.StartCluster(t, 3)
	options := Options{URLs: cluster.URLs(), IndexPrefix: "feed", Partition: Day, Shards: 2, Replicas: 1, RequestTimeout: 10 * time.Second}
	reader := follow(t, open(t, options))
	old := writeOldDay(t, open(t, options))
	cluster.WaitGreen() // the partitions that are there, with their replicas

	writers := []*writer{startChild(t, options), startWriter(t, open(t, options), "b"), startWriter(t, open(t, options), "c")}
	wait := func(more int) { // until each has written more
		for _, w := range writers {
			w.waitFor(t, w.count()+more)
		}
	}
	wait(100)
	admin := open(t, options)
	today := admin.partitionOf(time.Now())
	dropPartition(t, admin, admin.partitionOf(oldDay()))
	wait(100)
	moveShard(t, admin, today, 0)
	wait(100)
	node := nodeOf(t, admin, today, 1)
	cluster.Kill(node)
	wait(100)
	cluster.Start(node)
	wait(100)
	cluster.WaitGreen()

	want := map[string]bool{}
	for _, w := range writers {
		for _, id := range w.stop(t) {
			want[id] = true
		}
	}
	given := reader.untilEnd(t)
	for id := range want {
		if given[id] != 1 {
			t.Errorf("%s was given %d times", id, given[id])
		}
	}
	for id, times := range given {
		if times != 1 || !want[id] && !old[id] {
			t.Errorf("%s was given %d times; written: %v, and to the dropped partition: %v", id, times, want[id], old[id])
		}
	}
	t.Logf("%d records, %d more in the partition that was dropped", len(want), len(old))
}

// oldDay is in a partition that nothing but writeOldDay writes to.
func oldDay() time.Time { return time.Now().Add(-30 * 24 * time.Hour) }

func writeOldDay(t *testing.T, s *Store) map[string]bool {
	t.Helper()
	old := map[string]bool{}
	var batch []*audit.Record
	for i := range 200 {
		id := fmt.Sprintf("old-%d", i)
		old[id] = true
		batch = append(batch, event(t, "o", id, oldDay(), ""))
	}
	statuses(t, s, batch...)
	return old
}

func dropPartition(t *testing.T, s *Store, index string) {
	t.Helper()
	if err := s.client.do(t.Context(), esapi.IndicesDeleteRequest{Index: []string{index}}, nil); err != nil {
		t.Fatalf("drop %s: %v", index, err)
	}
}

// copies returns the nodes that have the primary of a shard, and its replica.
func copies(t *testing.T, s *Store, index string, number int) (primary, replica string) {
	t.Helper()
	var rows []struct{ Shard, Prirep, State, Node string }
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		rows = nil
		if err := s.client.do(t.Context(), esapi.CatShardsRequest{Index: []string{index}, Format: "json"}, &rows); err != nil {
			continue
		}
		primary, replica = "", ""
		for _, row := range rows {
			switch {
			case row.Shard != strconv.Itoa(number) || row.State != "STARTED":
			case row.Prirep == "p":
				primary = row.Node
			default:
				replica = row.Node
			}
		}
		if primary != "" && replica != "" {
			return primary, replica
		}
	}
	t.Fatalf("shard %d of %s does not have two copies: %v", number, index, rows)
	return "", ""
}

func nodeOf(t *testing.T, s *Store, index string, number int) int {
	t.Helper()
	primary, _ := copies(t, s, index, number)
	return nodeNumber(t, primary)
}

func nodeNumber(t *testing.T, name string) int {
	t.Helper()
	number, err := strconv.Atoi(strings.TrimPrefix(name, "node-"))
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// moveShard moves the primary of a shard to the node that has no copy of it, and
// waits until it is there.
func moveShard(t *testing.T, s *Store, index string, number int) {
	t.Helper()
	from, other := copies(t, s, index, number)
	to := ""
	for i := range 3 {
		if name := fmt.Sprintf("node-%d", i); name != from && name != other {
			to = name
		}
	}
	body := fmt.Sprintf(`{"commands":[{"move":{"index":%q,"shard":%d,"from_node":%q,"to_node":%q}}]}`, index, number, from, to)
	if err := s.client.do(t.Context(), esapi.ClusterRerouteRequest{Body: strings.NewReader(body)}, nil); err != nil {
		t.Fatalf("move a shard from %s to %s: %v", from, to, err)
	}
	for deadline := time.Now().Add(time.Minute); ; {
		if primary, _ := copies(t, s, index, number); primary == to {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the shard has not moved from %s to %s", from, to)
		}
	}
}

// writer is somebody who writes, and what was acknowledged.
type writer struct {
	mu      sync.Mutex
	written []string
	end     func()        // tells it to stop
	ended   chan struct{} // closed when it has
}

func (w *writer) acknowledged(ids ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written = append(w.written, ids...)
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

func (w *writer) stop(t *testing.T) []string {
	t.Helper()
	w.end()
	select {
	case <-w.ended:
	case <-time.After(time.Minute):
		t.Fatal("a writer does not stop")
	}
	return w.written
}

func startWriter(t *testing.T, s *Store, name string) *writer {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &writer{end: cancel, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		write(ctx, t, s, name, w.acknowledged)
	}()
	return w
}

// write appends batches of records of today and of the days before, until ctx
// ends. What is not acknowledged it sends again, to the end.
func write(ctx context.Context, t testing.TB, s *Store, name string, acknowledged func(ids ...string)) {
	for b := 0; ctx.Err() == nil; b++ {
		var batch []*audit.Record
		var ids []string
		for i := range 5 {
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
			time.Sleep(50 * time.Millisecond) // as a caller would that is told to try later
		}
		acknowledged(ids...)
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
			}
		}
		if err := child.Wait(); err != nil {
			t.Errorf("the writer in a process of its own: %v", err)
		}
	}()
	return w
}

// TestWriterInAnotherProcess is the child of TestTheFeedGivesEveryRecordOnce: it
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
	write(ctx, t, s, "child", func(ids ...string) { fmt.Println("wrote", strings.Join(ids, " ")) })
}

// follower reads the feed as it grows.
type follower struct {
	store    *Store
	position audit.Position
	given    map[string]int
	stopping atomic.Bool
	stopped  chan struct{}
}

func follow(t *testing.T, s *Store) *follower {
	t.Helper()
	f := &follower{store: s, given: map[string]int{}, stopped: make(chan struct{})}
	go func() {
		defer close(f.stopped)
		for limit := 1; !f.stopping.Load(); limit = limit%50 + 7 {
			short, cancel := context.WithTimeout(t.Context(), time.Second)
			err := s.Wait(short, f.position)
			cancel()
			if err == nil {
				_, err = f.read(t.Context(), limit)
			}
			if code := audit.AsError(err); err != nil && code.Code != audit.Unavailable {
				t.Errorf("follow the feed: %v", err)
				return
			}
		}
	}()
	return f
}

func (f *follower) read(ctx context.Context, limit int) (int, error) {
	batch, err := f.store.Since(ctx, f.position, limit)
	if err != nil {
		return 0, err
	}
	for _, record := range batch.Records {
		f.given[record.UniqueID]++
	}
	f.position = batch.Next
	return len(batch.Records), nil
}

// untilEnd reads on until nothing more comes, and returns how often each record was given.
func (f *follower) untilEnd(t *testing.T) map[string]int {
	t.Helper()
	f.stopping.Store(true)
	<-f.stopped
	for {
		n, err := f.read(t.Context(), 100)
		if err != nil {
			t.Fatalf("read the feed to its end: %v", err)
		}
		if n == 0 {
			return f.given
		}
	}
}
