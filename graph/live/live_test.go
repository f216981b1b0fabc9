package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/sqlite"
)

// watched is a real store whose feed is counted, and can be made to fail.
type watched struct {
	audit.Store
	calls atomic.Int64
	fail  atomic.Bool
}

var errFailed = errors.New("the feed cannot be read")

func (w *watched) Since(ctx context.Context, after audit.Position, limit int) (audit.FeedBatch, error) {
	w.calls.Add(1)
	if w.fail.Load() {
		return audit.FeedBatch{}, errFailed
	}
	return w.Store.Since(ctx, after, limit)
}

func (w *watched) End(ctx context.Context) (audit.Position, error) {
	w.calls.Add(1)
	return w.Store.End(ctx)
}

func openFeed(t *testing.T) *watched {
	t.Helper()
	store, err := sqlite.Open(context.Background(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return &watched{Store: store}
}

// add adds so many records of so many bytes, numbered from a number.
func (w *watched) add(t *testing.T, from, n, size int) {
	t.Helper()
	batch := make([]*audit.Record, n)
	for i := range batch {
		record, err := audit.DecodeEvent(json.RawMessage(fmt.Sprintf(
			`{"unique_id":"%d","create_time":"2026-11-01T00:00:00Z","event":{"event_name":"Token","pad":"%s"}}`, from+i, strings.Repeat("x", size))), "")
		if err != nil {
			t.Fatal(err)
		}
		batch[i] = record
	}
	if _, err := w.Append(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
}

func follow(t *testing.T, tail *Tail, after *audit.Position) *Follower {
	t.Helper()
	f, err := tail.Follow(t.Context(), after)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// expect reads records with the numbers from one to another, in this order.
func expect(ctx context.Context, f *Follower, from, to int) error {
	for from < to {
		items, err := f.Next(ctx)
		if err != nil {
			return err
		}
		for _, item := range items {
			if want := fmt.Sprint(from); item.Record.UniqueID != want {
				return fmt.Errorf("record %s comes instead of %s", item.Record.UniqueID, want)
			}
			from++
		}
	}
	return nil
}

func TestAThousandFollowersCostTheFeedNoMoreThanOne(t *testing.T) {
	t.Parallel()
	const followers, batches, size = 1_000, 20, 50
	feed := openFeed(t)
	tail := New(feed, nil)
	var all sync.WaitGroup
	for range followers {
		f := follow(t, tail, nil)
		all.Go(func() {
			defer f.Close()
			if err := expect(t.Context(), f, 0, batches*size); err != nil {
				t.Error(err)
			}
		})
	}
	before := feed.calls.Load()
	for i := range batches {
		feed.add(t, i*size, size, 100)
	}
	all.Wait()
	// For each batch: it, nothing after it, the end, and again nothing.
	if made := feed.calls.Load() - before; made > 4*(batches+1) {
		t.Errorf("%d calls for %d batches and %d followers", made, batches, followers)
	}
	if tail.recent != nil || tail.followers != 0 {
		t.Error("when nobody follows any more, something is still kept")
	}
}

func TestWhoIsBehindMissesNothing(t *testing.T) {
	t.Parallel()
	const n = 3 * keptRows
	feed := openFeed(t)
	tail := New(feed, nil)
	start, beginning := follow(t, tail, nil), audit.Position("")
	defer start.Close()
	fast := follow(t, tail, nil)
	defer fast.Close()
	for at := 0; at < n; at += 500 {
		feed.add(t, at, 500, 10)
		if err := expect(t.Context(), fast, at, at+500); err != nil {
			t.Fatal(err)
		}
	}
	late := follow(t, tail, &beginning)
	defer late.Close()
	for name, f := range map[string]*Follower{"who did not read": start, "who comes late": late} {
		if err := expect(t.Context(), f, 0, n); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	feed.add(t, n, 1, 10)
	before := feed.calls.Load()
	for _, f := range []*Follower{start, late, fast} {
		if err := expect(t.Context(), f, n, n+1); err != nil {
			t.Error(err)
		}
	}
	if made := feed.calls.Load() - before; made > 8 {
		t.Errorf("having caught up, three followers cost %d calls", made)
	}
}

func TestManyWhoAreBehindReadForEachOther(t *testing.T) {
	t.Parallel()
	const n, followers = 2 * keptRows, 500
	feed := openFeed(t)
	tail := New(feed, nil)
	behind := make([]*Follower, followers)
	for i := range behind {
		behind[i] = follow(t, tail, nil)
	}
	for at := 0; at < n; at += 500 {
		feed.add(t, at, 500, 10)
	}
	if err := expect(t.Context(), behind[0], 0, n); err != nil { // then the first half is not among the recent ones
		t.Fatal(err)
	}
	before := feed.calls.Load()
	var all sync.WaitGroup
	for _, f := range behind[1:] {
		all.Go(func() {
			if err := expect(t.Context(), f, 0, n); err != nil {
				t.Error(err)
			}
			f.Close()
		})
	}
	all.Wait()
	if alone := int64(n / 2 / atOnce * followers); feed.calls.Load()-before > alone/2 {
		t.Errorf("%d followers made %d calls; each by itself they would make %d", followers, feed.calls.Load()-before, alone)
	}
	behind[0].Close()
	if len(tail.past.stretches)+len(tail.past.index)+tail.past.bytes > 0 {
		t.Error("when nobody follows any more, something is still kept")
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	t.Parallel()
	const some = 250
	for size, rounds := range map[int]int{10: keptRows/some + 1, 10_000: 2*keptBytes/10_000/some + 2} {
		feed := openFeed(t)
		tail := New(feed, nil)
		idle := make([]*Follower, 100)
		for i := range idle {
			idle[i] = follow(t, tail, nil)
		}
		reader := follow(t, tail, nil)
		for at := range rounds {
			feed.add(t, at*some, some, size)
			if err := expect(t.Context(), reader, at*some, at*some+some); err != nil {
				t.Fatal(err)
			}
			requireBounds(t, tail)
		}
		if tail.recent.first == 0 {
			t.Error("nothing was forgotten")
		}
		if err := expect(t.Context(), idle[0], 0, rounds*some); err != nil { // it reads what is not recent any more
			t.Fatal(err)
		}
		if requireBounds(t, tail); len(tail.past.stretches) == 0 {
			t.Error("nothing of the past is kept")
		}
		for _, f := range append(idle, reader) {
			f.Close()
		}
	}
}

func requireBounds(t *testing.T, tail *Tail) {
	t.Helper()
	tail.mu.Lock()
	defer tail.mu.Unlock()
	kept, past := tail.recent, tail.past
	if past.bytes > pastBytes || len(past.stretches) > keptRows {
		t.Errorf("%d bytes of the past are kept, in %d stretches", past.bytes, len(past.stretches))
	}
	if len(kept.items) > keptRows || kept.bytes > keptBytes || len(kept.places) > 2*keptRows+1 || len(kept.index) > len(kept.places) {
		t.Errorf("%d rows of %d bytes are kept, %d places", len(kept.items), kept.bytes, len(kept.places))
	}
}

func TestAFeedThatFailsIsToldToAllAndReadAgainAfterwards(t *testing.T) {
	t.Parallel()
	feed := openFeed(t)
	tail := New(feed, nil)
	followers := make([]*Follower, 10)
	for i := range followers {
		followers[i] = follow(t, tail, nil)
	}
	feed.fail.Store(true)
	feed.add(t, 0, 1, 10)
	for _, f := range followers {
		if _, err := f.Next(t.Context()); !errors.Is(err, errFailed) {
			t.Errorf("got %v", err)
		}
	}
	feed.fail.Store(false)
	for _, f := range followers {
		if err := expect(t.Context(), f, 0, 1); err != nil {
			t.Error(err)
		}
		f.Close()
	}
}

func TestWhatIsStoredComesToAnEnd(t *testing.T) {
	t.Parallel()
	feed := openFeed(t)
	feed.add(t, 0, 700, 10)
	beginning := audit.Position("")
	f := follow(t, New(feed, nil), &beginning)
	defer f.Close()
	for read := 0; ; {
		items, err := f.Stored(t.Context())
		if errors.Is(err, io.EOF) {
			if read != 700 {
				t.Errorf("%d records were given", read)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		read += len(items)
	}
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	f := follow(t, New(openFeed(t), nil), nil)
	defer f.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
