package delivery

import (
	"context"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/lease"
)

// term is the time for which a worker holds the lease.
type term struct {
	*worker
	working context.Context // ends when the lease is lost, or the worker is cut
	held    *lease.Lease
	state   state
	saved   time.Time
	dirty   bool // the state differs from the saved one

	sender       Sender
	packer       *packer
	live, replay lane
	stopReplay   context.CancelFunc
	notBefore    time.Time // no attempt is made before, as the receiver wants it
	turns        int
	beside       sync.WaitGroup // what reads
	said         quiet
}

func newTerm(w *worker, working context.Context, held *lease.Lease) *term {
	return &term{worker: w, working: working, held: held, saved: w.options.Now(), live: newLane(nil), replay: newLane(nil)}
}

// deliver delivers until the worker is stopped, or the lease is lost.
func (t *term) deliver() error {
	reading, stop := context.WithCancel(t.working)
	defer t.beside.Wait()
	defer stop()
	context.AfterFunc(t.stopping, stop)
	if err := t.begin(reading); err != nil {
		return err
	}
	for t.stopping.Err() == nil && t.working.Err() == nil {
		if err := t.step(reading); err != nil {
			return err
		}
	}
	return nil
}

// begin goes on from what is remembered.
func (t *term) begin(reading context.Context) (err error) {
	t.reading.Store(&time.Time{}) // there may be something, until the reader has looked
	if t.state, err = decodeState(t.held.State()); err != nil {
		return err
	}
	if p := t.state.Paused; p != nil && (p.Opening || !p.Destination.Equal(t.destination.Updated)) {
		t.resume()
	}
	if content := t.destination.Spec.ContentOf(); t.state.Content != content {
		if err := t.beginContent(content); err != nil {
			return err
		}
	}
	if t.state.Asked {
		t.notBefore = t.state.NextAttempt
	}
	if err := t.open(); err != nil {
		return t.pause(FailureOf(err), true)
	}
	taken := map[string]bool{}
	for _, id := range t.state.Taken {
		taken[id] = true
	}
	batches := make(chan *batch)
	reader := &live{packer: t.packer, feed: t.rowsOf(t.destination.Spec), at: t.state.Position, anew: t.state.Anew, taken: taken, out: batches, reading: &t.reading}
	t.live.in = batches
	t.beside.Go(func() {
		reader.run(reading, func(err error) {
			t.say(&t.said.feed, "the events for a destination cannot be read; trying again", "error", err)
		})
	})
	if t.state.Replay.underWay() {
		t.beginReplay(reading)
	}
	t.tellState()
	return nil
}

// beginContent finds where to begin in a feed.
func (t *term) beginContent(content string) (err error) {
	at := t.destination.Beginning.Records
	if content == destination.ContentLoginFlows {
		at = t.destination.Beginning.Flows
	}
	if at == "" || t.state.Content != "" {
		if at, err = t.rowsOf(t.destination.Spec).End(t.working); err != nil {
			return err
		}
	}
	t.state.Content, t.state.Position, t.state.Taken, t.state.Anew = content, at, nil, time.Time{}
	if r := t.state.Replay; r.underWay() {
		r.After = "" // of the other feed
	}
	return t.save()
}

// open opens the sender.
func (t *term) open() error {
	to, err := t.options.Destinations.Reveal(t.destination)
	if err != nil {
		return &Failure{Reason: "the secrets of the destination cannot be decrypted", Err: err}
	}
	sender, encoder, err := t.Delivery.open(to)
	if err != nil {
		return err
	}
	t.sender, t.packer = sender, t.Delivery.packer(to, encoder)
	return nil
}

// open makes what speaks to a destination, which is revealed.
func (d *Delivery) open(to destination.Destination) (Sender, Encoder, error) {
	open := d.options.Openers[to.Spec.Type]
	if open == nil {
		return nil, nil, audit.Invalid("spec.destination_type", "this server delivers nothing to destinations of the type %q", to.Spec.Type)
	}
	encoder, err := d.options.NewEncoder(to)
	if err != nil {
		return nil, nil, err
	}
	sender, err := open(to)
	return sender, encoder, err
}

// step makes one attempt, or waits until there is something to do.
func (t *term) step(reading context.Context) error {
	if err := t.obey(reading); err != nil {
		return err
	}
	t.receive()
	if l := t.choose(); l != nil {
		return t.attempt(l)
	}
	if t.dirty && t.options.Now().Sub(t.saved) >= saveEvery {
		return t.save()
	}
	t.wait()
	return nil
}

// replayShare is of how many turns one is the replay's, while there is something new
// all the time.
const replayShare = 8

// choose returns the lane whose turn it is; nil where nothing can be sent now.
func (t *term) choose() *lane {
	now := t.options.Now()
	if t.state.Paused != nil || now.Before(t.notBefore) {
		return nil
	}
	t.turns++
	live, replay := t.live.ready(now), t.replay.ready(now)
	switch {
	case replay && (!live || t.turns%replayShare == 0):
		return &t.replay
	case live:
		return &t.live
	}
	return nil
}

// receive takes what is prepared.
func (t *term) receive() {
	for _, l := range []*lane{&t.live, &t.replay} {
		if l.batch != nil || l.in == nil {
			continue
		}
		select {
		case b := <-l.in:
			t.take(l, b)
		default:
		}
	}
}

// take begins with a batch.
func (t *term) take(l *lane, b *batch) {
	l.batch, l.attempts, l.notBefore, l.named = b, 0, time.Time{}, false
	if !b.began.IsZero() {
		t.state.CaughtUp = b.began
	}
	if b.lost {
		t.state.Anew = t.destination.Created
	}
}

// saveEvery is how late a state is saved where nothing was sent.
const saveEvery = time.Second

// wait returns when there is something to do.
func (t *term) wait() {
	now := t.options.Now()
	until := now.Add(time.Hour)
	soon := func(at time.Time) {
		if at.After(now) && at.Before(until) {
			until = at
		}
	}
	if t.dirty {
		soon(t.saved.Add(saveEvery))
	}
	if t.state.Paused == nil {
		soon(t.notBefore)
		soon(t.live.notBefore)
		soon(t.replay.notBefore)
	}
	timer := time.NewTimer(until.Sub(now))
	defer timer.Stop()
	select {
	case b := <-t.live.open():
		t.take(&t.live, b)
	case b := <-t.replay.open():
		t.take(&t.replay, b)
	case <-t.wished:
	case <-timer.C:
	case <-t.stopping.Done():
	case <-t.working.Done():
	}
}
