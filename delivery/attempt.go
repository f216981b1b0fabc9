package delivery

import (
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/lease"
)

// attempt sends what is left of a batch, once, and remembers what became of it.
func (t *term) attempt(l *lane) error {
	if len(l.batch.messages) == 0 {
		return t.dealtWith(l)
	}
	if may, err := t.mayStill(); !may {
		return err
	}
	if l.attempts++; l.attempts > 1 {
		t.state.Retries++
	}
	var result Result
	err := safely(func() (err error) {
		result, err = t.sender.Send(t.working, l.batch.messages)
		return err
	})
	switch {
	case err != nil && t.working.Err() != nil:
		return nil // it was cut off
	case err != nil:
		return t.failed(l, FailureOf(err))
	}
	return t.answered(l, result)
}

// mayStill reports whether the lease is held, and the destination is as it was: who
// changes it in another process need not wait for this one.
func (t *term) mayStill() (bool, error) {
	if !t.held.Held() {
		return false, lease.ErrLost
	}
	if t.options.Alone {
		return true, nil
	}
	k := keyOf(t.destination)
	now, err := t.options.Destinations.Get(t.working, audit.Orgs(k.org), k.id)
	switch {
	case t.working.Err() != nil:
		return false, nil
	case isCode(err, audit.NotFound), err == nil && !now.Updated.Equal(t.destination.Updated):
		return false, errChanged
	case err != nil:
		t.say(&t.said.registry, "cannot see whether a destination has changed; trying again", "error", err)
		rest(t.stopping, 200*time.Millisecond)
		return false, nil
	}
	return true, nil
}

// answered notes what a receiver says of a batch.
func (t *term) answered(l *lane, result Result) error {
	sent := l.batch.messages
	again, letters := t.sort(sent, result)
	taken := len(sent) - len(again) - len(letters)
	if err := t.keepLetters(letters); err != nil {
		return err
	}
	now := t.options.Now().UTC()
	t.count(l, taken)
	if taken > 0 {
		t.state.LastSuccess, t.state.LastError = now, ""
	}
	progress := len(again) < len(sent)
	if progress {
		t.recovered(l)
	}
	l.batch.messages = again
	switch {
	case len(again) == 0:
		return t.dealtWith(l)
	case !progress:
		return t.failed(l, &Failure{Reason: "the receiver wants the events again", After: result.After, Status: result.Status})
	}
	l.notBefore, l.named = now.Add(result.After), result.After > 0
	if l == &t.live {
		t.state.NextAttempt, t.state.Asked = l.notBefore, result.After > 0
		t.state.Taken = append(t.state.Taken, dealtOf(sent, again)...)
	}
	return t.save()
}

// sort says which messages are to be sent again, in the receiver's order, and makes
// letters of those that it refuses.
func (t *term) sort(sent []Message, result Result) (again []Message, letters []letter) {
	settled := make(map[int]bool, len(result.Refused)+len(result.Retry))
	for _, refused := range result.Refused {
		if i := refused.Place; i >= 0 && i < len(sent) && !settled[i] {
			settled[i] = true
			letters = append(letters, letter{ID: sent[i].ID, Reason: refused.Reason, At: t.options.Now().UTC()})
		}
	}
	for _, i := range result.Retry {
		if i >= 0 && i < len(sent) && !settled[i] {
			settled[i] = true
			again = append(again, sent[i])
		}
	}
	return again, letters
}

// dealtOf lists what is not to be sent again.
func dealtOf(sent, again []Message) (ids []string) {
	left := make(map[string]bool, len(again))
	for _, m := range again {
		left[m.ID] = true
	}
	for _, m := range sent {
		if !left[m.ID] {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

func (t *term) count(l *lane, taken int) {
	if l == &t.replay {
		t.state.Replay.Delivered += int64(taken)
		return
	}
	t.state.Delivered += int64(taken)
}

// dealtWith moves the checkpoint behind a batch of which nothing is left.
func (t *term) dealtWith(l *lane) error {
	b := l.batch
	if err := t.keepLetters(b.letters); err != nil {
		return err
	}
	l.batch, l.notBefore = nil, time.Time{}
	if l == &t.replay {
		t.replayed(b)
		t.dirty = true
	} else {
		t.dirty = t.dirty || b.skipped > 0 || b.next != t.state.Position
		t.state.Position, t.state.Taken = b.next, b.taken
		t.state.Skipped += b.skipped
		if !b.caughtUp.IsZero() {
			t.state.CaughtUp, t.state.Anew = b.caughtUp, time.Time{}
		}
		t.tellState()
	}
	if l.attempts > 0 || len(b.letters) > 0 {
		return t.save()
	}
	return nil
}

// failed notes that nothing is known of a batch, and when it is sent again. The other
// lane goes on meanwhile, unless the receiver wants to be left alone: that one cannot
// take what an old event has made of it says nothing of new ones.
func (t *term) failed(l *lane, f *Failure) error {
	now := t.options.Now().UTC()
	first := t.state.FailingSince.IsZero()
	if first {
		t.state.FailingSince = now
	}
	t.state.LastError, t.state.LastErrorAt = f.Reason, now
	if f.Gone || now.Sub(t.state.FailingSince) >= t.pauseAfter() {
		return t.pause(f, false)
	}
	if first {
		t.say(&t.said.failing, "a destination does not take events; trying again until it does", f.attributes()...)
	}
	l.notBefore, l.named = now.Add(l.pauses.NextBackOff()), false
	if f.After > 0 {
		l.notBefore = now.Add(f.After)
		t.notBefore = l.notBefore
	}
	t.state.NextAttempt, t.state.Asked = l.notBefore, f.After > 0
	return t.save()
}

// recovered notes that the receiver has taken or refused something.
func (t *term) recovered(l *lane) {
	if since := t.state.FailingSince; !since.IsZero() && t.state.LastErrorAt.Sub(since) > time.Second {
		t.log.Info("a destination takes events again", "after", t.options.Now().Sub(since).Round(time.Second))
	}
	t.state.FailingSince, t.state.NextAttempt, t.state.Asked = time.Time{}, time.Time{}, false
	t.notBefore = time.Time{}
	l.pauses.Reset()
	if l.attempts > 1 { // the receiver is back, which the other lane need not find out
		for _, other := range []*lane{&t.live, &t.replay} {
			if !other.named {
				other.notBefore = time.Time{}
			}
			other.pauses.Reset()
		}
	}
}

// pause sends nothing until it is resumed.
func (t *term) pause(f *Failure, opening bool) error {
	now := t.options.Now().UTC()
	t.state.LastError, t.state.LastErrorAt = f.Reason, now
	t.state.Paused = &pause{Since: now, Destination: t.destination.Updated, Opening: opening}
	t.log.Error("delivering to a destination is paused, until it is resumed or replaced; nothing is lost", f.attributes()...)
	return t.save()
}

// resume goes on with what was paused.
func (t *term) resume() {
	if p := t.state.Paused; p != nil {
		t.log.Info("delivering to a destination goes on", "paused", t.options.Now().Sub(p.Since).Round(time.Second))
	}
	t.state.Paused, t.state.FailingSince, t.state.NextAttempt, t.state.Asked = nil, time.Time{}, time.Time{}, false
	t.notBefore, t.live.notBefore, t.replay.notBefore = time.Time{}, time.Time{}, time.Time{}
	t.live.pauses.Reset()
	t.replay.pauses.Reset()
	t.dirty = true
}

// pauseAfter is for how long the receiver may take nothing.
func (t *term) pauseAfter() time.Duration {
	if settings := t.destination.Spec.Delivery; settings != nil && settings.PauseAfter > 0 {
		return settings.PauseAfter
	}
	return t.options.PauseAfter
}
