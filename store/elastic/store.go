package elastic

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Store is an audit.Store over the indices of one prefix in a cluster. Any
// number of processes may have it open.
type Store struct {
	client  *client
	names   names
	log     *slog.Logger
	options Options
	now     func() time.Time

	work      sync.WaitGroup // what the store does by itself, until closed
	done      chan struct{}  // closed when Close was called
	closeOnce sync.Once
}

// names are those of the indices, and of the alias of all partitions.
type names struct{ prefix string }

// records is the alias that every partition carries, and the name of the template.
func (n names) records() string { return n.prefix + "-records" }

// partition is the index of one stretch of time.
func (n names) partition(stretch string) string { return n.records() + "-" + stretch }

// registry is the index of the store's small documents.
func (n names) registry() string { return n.prefix + "-registry" }

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
// program's version, or upgrades an older one.
func Open(ctx context.Context, options Options) (*Store, error) {
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	c, err := newClient(options)
	if err != nil {
		return nil, err
	}
	return &Store{
		client: c, names: names{options.IndexPrefix}, log: options.Logger, options: options,
		now: time.Now, done: make(chan struct{}),
	}, nil
}

// Close implements audit.Store.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.done)
		s.client.close()
		s.work.Wait()
	})
	return nil
}
