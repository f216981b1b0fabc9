package delivery

import (
	"time"

	"github.com/cenkalti/backoff/v5"
)

// lane is one of the two streams of a destination: what is new, or a replay.
type lane struct {
	in        <-chan *batch // nil where there is none
	batch     *batch        // what is being sent
	attempts  int           // at this batch
	notBefore time.Time     // of what failed, or what the receiver wants again later
	named     bool          // the receiver wants it again at just that time
	pauses    *backoff.ExponentialBackOff
}

func newLane(in <-chan *batch) lane {
	return lane{in: in, pauses: newBackoff(firstRetry, longestRetry)}
}

func (l *lane) ready(now time.Time) bool { return l.batch != nil && !now.Before(l.notBefore) }

// open returns where the next batch comes from, while none is being sent.
func (l *lane) open() <-chan *batch {
	if l.batch != nil {
		return nil
	}
	return l.in
}
