package main

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// pace is how fast a body must come: who sends a byte now and then holds no
// connection for long, and who sends a lot over a thin line has the time for it.
type pace struct {
	pause time.Duration // at most, between two parts; so long the rate does not count either
	rate  int64         // bytes a second on average, at least
	whole time.Duration // at most, however much it is
}

var bodyPace = pace{pause: 20 * time.Second, rate: 4 << 10, whole: 10 * time.Minute}

// unreadTime is how long the server waits for a body that nobody asked for: it has to
// read that to use the connection again.
const unreadTime = 5 * time.Second

// deadline is when the next part of a body must have come.
func (p pace) deadline(began, now time.Time, received int64) time.Time {
	deadline := began.Add(p.pause + time.Duration(received)*time.Second/time.Duration(p.rate))
	for _, other := range []time.Time{now.Add(p.pause), began.Add(p.whole)} {
		if other.Before(deadline) {
			deadline = other
		}
	}
	return deadline
}

// bodyInTime gives up bodies that come too slowly. Handlers see that as
// os.ErrDeadlineExceeded. A handler that sets a deadline of its own has to set it
// again after each part that it reads.
func bodyInTime(next http.Handler) http.Handler { return bodyPace.middleware(next) }

func (p pace) middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := &timedBody{ReadCloser: r.Body, pace: p, control: http.NewResponseController(w), began: time.Now()}
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			body.pace.pause = min(p.pause, unreadTime)
		}
		if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok {
			body.answer = server.WriteTimeout
		}
		if r.ContentLength != 0 && body.extend() == nil {
			r.Body = body
			defer body.leave()
		}
		next.ServeHTTP(w, r)
	})
}

// timedBody is a body that must keep pace.
type timedBody struct {
	io.ReadCloser

	pace     pace
	control  *http.ResponseController
	began    time.Time
	received int64
	over     bool          // it has ended, or failed
	answer   time.Duration // how long writing the answer may end after the body; 0 is for ever
}

// extend sets the deadline of the next part.
func (b *timedBody) extend() error {
	return b.setDeadlines(b.pace.deadline(b.began, time.Now(), b.received))
}

// setDeadlines sets the body's, none if it is zero, and that of the answer, which
// the server counts from the request's headers on.
func (b *timedBody) setDeadlines(read time.Time) error {
	if b.answer > 0 {
		from := read
		if read.IsZero() {
			from = time.Now()
		}
		if err := b.control.SetWriteDeadline(from.Add(b.answer)); err != nil {
			return err
		}
	}
	return b.control.SetReadDeadline(read)
}

// Read implements io.Reader. Once the whole body is there, it lifts the deadline:
// after that the server reads on only to notice that its client has gone.
func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.received += int64(n)
	b.over = err != nil
	switch {
	case errors.Is(err, io.EOF):
		_ = b.setDeadlines(time.Time{})
	case err == nil:
		_ = b.extend()
	}
	return n, err
}

// leave says that nobody reads on.
func (b *timedBody) leave() {
	if !b.over {
		_ = b.control.SetReadDeadline(time.Now().Add(min(b.pace.pause, unreadTime)))
	}
}
