package elastic

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Store is an audit.Store over the indices of one prefix in a cluster, or with
// Options.Format an audit.FlowStore. Any number of processes may have it open.
type Store struct {
	client  *client
	names   names
	format  *format
	log     *slog.Logger
	options Options
	now     func() time.Time

	bulks        chan struct{} // has room for as many bulks as may be under way
	refreshes    refreshes
	feed         *feed
	registryMade atomic.Bool // its index is there

	mu   sync.Mutex     // held while work is begun, and while done is closed
	work sync.WaitGroup // what the store does by itself, until closed
	done chan struct{}  // closed when Close was called
}

var (
	_ audit.Store     = (*Store)(nil)
	_ audit.FlowStore = (*Store)(nil)
)

// maxBulks is how many bulks one process sends at a time. Each holds up to
// bulkBytes of memory here and in the cluster.
const maxBulks = 8

// names are those of the indices, and of the alias of all partitions. Of two
// prefixes, one of which is the other with "-flows" after it, no name or pattern of
// one meets one of the other: what comes next is never the same word.
type names struct{ prefix string }

// records is the alias that every partition carries, and the name of the template.
func (n names) records() string { return n.prefix + "-records" }

// partition is the index of one stretch of time.
func (n names) partition(stretch string) string { return n.records() + "-" + stretch }

// writers is the alias by which writers know that index, or the one that was made
// anew of it. They write to nothing else, so that no index is made by mistake.
func (n names) writers(stretch string) string { return n.prefix + "-write-" + stretch }

// copier is the alias by which a reindex knows the index that it fills.
func (n names) copier(stretch string) string { return n.prefix + "-copy-" + stretch }

// rebuilt begins the names of the indices that a partition was made anew in. It
// must not match the template's pattern: until they are whole they are no partitions.
func (n names) rebuilt(stretch string) string { return n.prefix + "-rebuilt-" + stretch }

// registry is the alias of the index of the store's small documents. They are
// written to nothing else, as records are.
func (n names) registry() string      { return n.prefix + "-registry" }
func (n names) registryIndex() string { return n.registry() + "-v1" }

func errClosed() error {
	return &audit.Error{Code: audit.Unavailable, Message: "the store is closed"}
}

// closing reports whether Close was called.
func (s *Store) closing() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// Open connects to the cluster, and installs the index template of this
// program's version, or upgrades an older one. That of a newer version is an
// error that says so.
func Open(ctx context.Context, options Options) (*Store, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	c, err := newClient(options)
	if err != nil {
		return nil, err
	}
	s := newStore(c, options)
	if err := s.install(ctx); err != nil {
		return nil, errors.Join(options.notOpened(err), s.Close())
	}
	if options.Retention > 0 {
		s.background(s.retire)
	}
	return s, nil
}

func newStore(c *client, options Options) *Store {
	s := &Store{
		client: c, names: names{options.IndexPrefix}, format: newFormat(options.Format), log: options.Logger, options: options,
		now: options.now, bulks: make(chan struct{}, maxBulks), done: make(chan struct{}),
	}
	s.refreshes = refreshes{refresh: s.refreshWritten, run: s.background, done: s.done, quiet: make(chan struct{}, 1),
		noted: map[string]bool{s.names.records(): true}, apart: map[string]bool{}} // what others were told is there before this process began
	s.feed = newFeed(s)
	return s
}

// Close implements audit.Store.
func (s *Store) Close() error {
	if s.beginClosing() {
		s.client.close()
	}
	s.work.Wait()
	return nil
}

// beginClosing reports whether this is the first call of Close.
func (s *Store) beginClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing() {
		return false
	}
	close(s.done)
	return true
}

// background does something on a goroutine that Close waits for. It reports
// false, and does nothing, when Close was called.
func (s *Store) background(do func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing() {
		return false
	}
	s.work.Go(do)
	return true
}
