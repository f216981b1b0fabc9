package builder

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/lease"
)

// Records are the events that the flows are made of.
type Records interface {
	audit.Feed
	audit.Searcher
	audit.Looker
	audit.Counter
}

// Options are what a builder works with.
type Options struct {
	Records Records
	Flows   audit.FlowStore
	Idle    time.Duration // for how long an attempt may be idle, and is closed then

	// Alone says that the flows are open in one process at a time: what another
	// process held, it holds no more.
	Alone bool
	Lease time.Duration // lease.DefaultDuration where 0; a minute where Alone, as nobody waits

	Batch  int              // how many records are taken at once; 4,000 where 0
	Known  int              // how many are kept in memory from batch to batch; 12,000 where 0
	Now    func() time.Time // time.Now where nil
	Logger *slog.Logger     // slog.Default() where nil
}

// Builder follows the feed of the events and keeps their flows.
type Builder struct {
	options  Options
	rules    flow.Rules
	leases   *lease.Leases
	progress progress
}

// LeaseKey is that of the lease which the one builder at work holds, in the registry of the flows.
var LeaseKey = audit.EntryKey{Kind: "lease", ID: "flow-builder"}

// New returns a builder, which does nothing before Run or Rebuild.
func New(options Options) *Builder {
	options.Batch, options.Known = cmp.Or(options.Batch, 4_000), cmp.Or(options.Known, 12_000)
	if options.Alone {
		options.Lease = cmp.Or(options.Lease, time.Minute)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	return &Builder{
		options: options, rules: flow.Rules{Idle: options.Idle},
		leases: lease.New(options.Flows, lease.Options{Alone: options.Alone, Duration: options.Lease}),
	}
}

// Run keeps the flows current until ctx ends: it waits until no other builder is at
// work, and again whenever another has taken over. It is called once.
func (b *Builder) Run(ctx context.Context) {
	defer b.progress.stop()
	pause := newPause()
	for ctx.Err() == nil {
		held, err := b.leases.Acquire(ctx, LeaseKey)
		if err == nil {
			err = b.hold(ctx, held, (*term).follow)
		}
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, lease.ErrLost):
			b.options.Logger.Warn("another process has taken over building the login flows")
			pause.Reset()
		default:
			b.failed("the login flows are not kept current; trying again", err)
			rest(ctx, pause.NextBackOff())
		}
	}
}

// hold works for as long as the lease is held.
func (b *Builder) hold(ctx context.Context, held *lease.Lease, work func(*term, context.Context) error) error {
	working, stop := context.WithCancelCause(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		if err := held.Keep(working); err != nil {
			stop(err)
		}
	}()
	b.progress.begin(b.options.Now())
	t := newTerm(b, held)
	err := safely(func() error { return work(t, working) })
	if lost := context.Cause(working); lost != nil && ctx.Err() == nil {
		err = lost
	}
	b.progress.end()
	stop(nil)
	<-kept
	t.beside.Wait()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, t.leave(ending))
}

// failed counts and logs what went wrong.
func (b *Builder) failed(what string, err error) {
	b.progress.count(func(s *Stats) { s.Failures++ })
	b.options.Logger.Warn(what, "error", err, "cause", errors.Unwrap(audit.AsError(err)))
}

// newPause returns how long to wait before each further attempt.
func newPause() *backoff.ExponentialBackOff {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 100*time.Millisecond, 10*time.Second
	return pause
}

// rest returns after a time, or when ctx ends.
func rest(ctx context.Context, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
