package builder_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/indexer/builder"
)

// paced returns a channel that is closed when Pace has returned.
func paced(ctx context.Context, b *builder.Builder) <-chan struct{} {
	done := make(chan struct{})
	go func() { defer close(done); b.Pace(ctx) }()
	return done
}

func TestRecordsWaitForFlowsThatAreBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	options := w.options()
	var ahead atomic.Int64 // by how much the builder's clock is ahead
	options.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	storing, proceed := make(chan struct{}, 1), make(chan struct{})
	options.Flows = troubled{options.Flows, func([]audit.Replacement) error {
		storing <- struct{}{}
		<-proceed
		return nil
	}, never}
	b, stop := w.run(options)
	defer stop()
	records := sample(t)
	w.append(records[:200]...)
	<-storing
	<-paced(t.Context(), b) // they are hardly behind
	ahead.Store(int64(2 * time.Second))
	waiting := paced(t.Context(), b)
	leaving, leave := context.WithCancel(t.Context())
	gone := paced(leaving, b)
	select {
	case <-waiting:
		t.Error("who brings records has not waited for flows that are two seconds behind")
	case <-time.After(50 * time.Millisecond):
	}
	leave()
	<-gone
	close(proceed)
	<-waiting
}

func TestRecordsDoNotWaitForABuilderThatDoesNotGetOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	options := w.options()
	var ahead atomic.Int64
	options.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	storing := make(chan struct{}, 1)
	options.Flows = troubled{options.Flows, func([]audit.Replacement) error {
		select {
		case storing <- struct{}{}:
		default:
		}
		return &audit.Error{Code: audit.Unavailable, Message: "out of order"}
	}, never}
	b := builder.New(options)
	<-paced(t.Context(), b) // it does not even run
	b, stop := w.run(options)
	defer stop()
	w.append(sample(t)[:200]...)
	<-storing
	ahead.Store(int64(time.Minute))
	<-paced(t.Context(), b)
}
