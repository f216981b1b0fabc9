package delivery

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit/destination"
)

func TestTheLagIsSinceSomethingCameHoweverLongNothingDid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var passed atomic.Int64
	w.start(func(o *Options) { o.Now = func() time.Time { return time.Now().Add(time.Duration(passed.Load())) } })
	d := w.destination("a", "")
	w.becomes(d, func(h destination.Health) bool { return h.State == destination.Delivering })
	w.receiver.gets(t, w.events("one", 0, 1)...)
	w.becomes(d, func(h destination.Health) bool { return h.LagEvents == 0 })

	passed.Store(int64(time.Hour))
	arrived, answer := make(chan struct{}, 10), make(chan struct{})
	defer close(answer)
	w.receiver.says(func(context.Context, []string) (Result, error) {
		arrived <- struct{}{}
		<-answer
		return Result{}, nil
	})
	w.events("one", 1, 2)
	<-arrived
	if h := w.health(d); h.LagEvents != 1 || h.LagSeconds > 60 {
		t.Errorf("an event came this moment, and %d have been waiting for %v s", h.LagEvents, h.LagSeconds)
	}
	passed.Add(int64(time.Minute))
	if h := w.health(d); h.LagSeconds < 60 || h.LagSeconds > 120 {
		t.Errorf("an event came a minute ago, and has been waiting for %v s", h.LagSeconds)
	}
}
