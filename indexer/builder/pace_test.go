package builder_test

import (
	"context"
	"strings"
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

// stuck returns a builder that has followed a record, and now stores the flows of
// others, as far as store lets it.
func stuck(t *testing.T, stands *clock, store func() error) *builder.Builder {
	t.Helper()
	w := newWorld(t)
	options := w.options()
	options.Now = stands.now
	var holds atomic.Bool
	storing := make(chan struct{}, 1)
	options.Flows = troubled{w.flows, func([]audit.Replacement) error {
		if !holds.Load() {
			return nil
		}
		select {
		case storing <- struct{}{}:
		default:
		}
		return store()
	}, never}
	<-paced(t.Context(), builder.New(options)) // it does not even run
	b, _ := w.run(options)
	records := sample(t)[:200]
	w.append(records[0])
	w.catchUp(b)
	holds.Store(true)
	w.append(records...)
	<-storing
	return b
}

func TestRecordsWaitForFlowsThatAreBehind(t *testing.T) {
	t.Parallel()
	proceed := make(chan struct{})
	var stands clock
	b := stuck(t, &stands, func() error {
		<-proceed
		return nil
	})
	<-paced(t.Context(), b) // they are hardly behind
	stands.ahead.Store(int64(2 * time.Second))
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
	var stands clock
	b := stuck(t, &stands, func() error { return &audit.Error{Code: audit.Unavailable, Message: "out of order"} })
	stands.ahead.Store(int64(time.Minute))
	began := time.Now()
	if <-paced(t.Context(), b); time.Since(began) > 4*time.Second {
		t.Error("who brings records has waited as long as anybody ever does")
	}
}

func TestTheLogSaysWhenFlowsAreLateAndWhenTheyAreCurrentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var stands clock
	options := w.options()
	options.Now = stands.now
	options.Flows = troubled{w.flows, func([]audit.Replacement) error {
		stands.ahead.Add(int64(10 * time.Second))
		return nil
	}, never}
	b, _ := w.run(options)
	w.append(sample(t)[:5]...)
	w.catchUp(b)
	w.eventually("both are said", func() bool {
		log := w.log.String()
		late, current := strings.Index(log, "login flows are behind their records"), strings.Index(log, "login flows are current again")
		return 0 <= late && late < current
	})
}
