package trail

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// What a reading counts for among those that wait to be written, in bytes. Under way,
// nobody knows yet what it will come to, so it counts for the most.
const (
	mostOfOne  = 32 << 10
	leastOfOne = 16 << 10
	eachOrg    = 512 // beyond the first
)

// Options configure a Recorder. Zero values mean the defaults.
type Options struct {
	// PendingBytes is how much may wait to be written, readings under way included;
	// default 32 MiB. A reading counts for 16 KiB at least, so that some 2,000 wait at
	// most. When all is taken, the next reading waits before it begins. Each caller has
	// half of it: who reads too much holds up nobody else.
	PendingBytes int64
	// Gather is how long the first event of a batch waits for others; default 100 ms.
	Gather time.Duration
	// Patience is how long a reading waits for its place before it is refused; default 5 s.
	Patience time.Duration
	Now      func() time.Time // default time.Now
	Logger   *slog.Logger     // default slog.Default()
}

// Recorder writes readings to a store in the background. It is safe for concurrent use.
type Recorder struct {
	store   audit.Appender
	options Options
	room    *room

	mu      sync.Mutex
	waiting []item
	closed  bool

	wake    chan struct{} // has room for one
	closing chan struct{}
	done    chan struct{} // closed when nothing more will be written
	stop    context.CancelFunc
}

// item is an event to be: a reading, in one org.
type item struct {
	*Reading

	org string
}

// New returns a Recorder that writes to a store until it is closed.
func New(store audit.Appender, options Options) *Recorder {
	options.PendingBytes = cmp.Or(options.PendingBytes, 32<<20)
	options.Gather = cmp.Or(options.Gather, 100*time.Millisecond)
	options.Patience = cmp.Or(options.Patience, 5*time.Second)
	options.Logger = cmp.Or(options.Logger, slog.Default())
	if options.Now == nil {
		options.Now = time.Now
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &Recorder{store: store, options: options, room: newRoom(options.PendingBytes), stop: stop,
		wake: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{})}
	go r.run(ctx)
	return r
}

// Begin takes a place for a reading of the principal of ctx. When events wait that
// cannot be written, it waits too, and in the end refuses with Unavailable: who reads
// so much that it cannot be recorded, or while it cannot, reads nothing. End must follow.
func (r *Recorder) Begin(ctx context.Context) (*Reading, error) {
	principal := audit.PrincipalFrom(ctx)
	orgs := principal.Scope().List()
	if principal.Scope().All() {
		orgs = []string{principal.Org}
	}
	reading := &Reading{recorder: r, began: r.options.Now().UTC(), subject: principal.Subject, from: CallerFrom(ctx), orgs: orgs}
	waiting, cancel := context.WithTimeout(ctx, r.options.Patience)
	defer cancel()
	place, err := r.room.take(waiting, principal.Caller(), weight(mostOfOne, len(orgs)))
	switch {
	case err == nil:
		reading.place = place
		return reading, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("wait to record the reading: %w", ctx.Err())
	}
	return nil, &audit.Error{Code: audit.Unavailable, RetryAfter: r.options.Patience,
		Message: "readings cannot be recorded at the moment, so that nothing can be read; try again later"}
}

// weight is what a reading of so many bytes counts for.
func weight(size, orgs int) int64 {
	return int64(min(max(size, leastOfOne), mostOfOne) + eachOrg*max(0, orgs-1))
}

// Reading is one that has its place.
type Reading struct {
	recorder *Recorder
	began    time.Time
	subject  string
	from     Caller
	orgs     []string
	place    *place
	once     sync.Once

	members []byte // of its events, once it has ended
	left    int    // how many of them are to be written
}

// End records the reading, in each org whose records it was about. None of the events
// names the other orgs, unless what was asked for names them. It never waits. A second End does nothing.
func (g *Reading) End(read Read) {
	g.once.Do(func() {
		orgs := g.orgs
		if read.Orgs != nil {
			orgs = read.Orgs
		}
		g.members, g.left = encode(g.began, g.recorder.options.Now().Sub(g.began), g.subject, g.from, read), len(orgs)
		g.recorder.add(g, orgs)
	})
}

// Cancel gives the place back: nothing was read. Nothing happens after an End.
func (g *Reading) Cancel() { g.once.Do(func() { g.place.shrink(0) }) }

// add puts a reading among those that wait, and gives back of its place what it does not need.
func (r *Recorder) add(g *Reading, orgs []string) {
	needed := int64(0)
	if len(orgs) > 0 {
		needed = weight(len(g.members), len(orgs))
	}
	g.place.shrink(needed)
	r.mu.Lock()
	closed := r.closed
	for _, org := range orgs {
		r.waiting = append(r.waiting, item{g, org})
	}
	r.mu.Unlock()
	if closed {
		r.options.Logger.Error("a reading that outlasted the server was not recorded", "request_id", g.from.RequestID)
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Close writes what waits, and returns when that is done, or with an error that says how much is
// lost when ctx ends. Readings must have ended.
func (r *Recorder) Close(ctx context.Context) error {
	select {
	case <-r.closing:
	default:
		close(r.closing)
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		r.stop()
		<-r.done
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if lost := len(r.waiting); lost > 0 {
		return fmt.Errorf("record readings: %d were not written", lost)
	}
	return nil
}
