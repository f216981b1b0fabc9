package server

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/authtrail/authtrail/audit"
)

// serveEvents streams an operation's responses in the distinct connections mode
// of graphql-sse. All writing is done by this goroutine, the request's own, so
// that no keep-alive can meet an event half written or a handler that has returned.
func (h *Handler) serveEvents(ctx context.Context, w http.ResponseWriter, op *graphql.OperationContext) {
	ctx, cancel := context.WithCancel(ctx)
	responses := h.responses(ctx, op)
	defer func() {
		cancel()
		for range responses { // until the operation has ended
		}
	}()

	stream := newEventStream(w, h.options.WriteTimeout)
	if stream.open() != nil {
		return
	}
	keepAlive := time.NewTicker(h.options.KeepAlive)
	defer keepAlive.Stop()
	expired, stop := expiry(ctx)
	defer stop()
	for {
		var err error
		select {
		case response, more := <-responses:
			if !more {
				_ = stream.complete()
				return
			}
			h.count(response.Errors)
			err = stream.next(response)
		case <-keepAlive.C:
			err = stream.comment()
		case <-h.options.Stop:
			_ = stream.complete()
			return
		case <-expired:
			end := gqlerror.List{requestError(audit.Unauthenticated, "%s", hasExpired)}
			h.count(end)
			_ = stream.next(&graphql.Response{Errors: end})
			_ = stream.complete()
			return
		case <-ctx.Done():
			_ = stream.complete() // the server's context may have ended, not the client
			return
		}
		if err != nil {
			h.options.Logger.DebugContext(ctx, "event stream dropped", "error", err)
			return
		}
	}
}

// eventStream writes server-sent events, each within a time, so that a reader
// who has stalled is dropped.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
}

func newEventStream(w http.ResponseWriter, timeout time.Duration) *eventStream {
	return &eventStream{w: w, control: http.NewResponseController(w), timeout: timeout}
}

// open sends the headers, and a comment that gets them through to the client.
func (s *eventStream) open() error {
	header := s.w.Header()
	header.Set("Content-Type", mediaEvents+"; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // or nginx would hold events back
	s.w.WriteHeader(http.StatusOK)
	return s.comment()
}

func (s *eventStream) comment() error { return s.write([]byte(":\n\n")) }

func (s *eventStream) complete() error { return s.write([]byte("event: complete\ndata:\n\n")) }

func (s *eventStream) next(response *graphql.Response) error {
	body, err := encode(response)
	if err != nil {
		return err
	}
	// In JSON a line's end is only ever space between values, here it would end the data.
	for i, c := range body {
		if c == '\n' || c == '\r' {
			body[i] = ' '
		}
	}
	return s.write(bytes.Join([][]byte{[]byte("event: next\ndata: "), body, []byte("\n\n")}, nil))
}

func (s *eventStream) write(event []byte) error {
	if err := s.deadline(time.Now().Add(s.timeout)); err != nil {
		return err
	}
	if _, err := s.w.Write(event); err != nil {
		return err
	}
	if err := s.control.Flush(); err != nil {
		return err
	}
	return s.deadline(time.Time{}) // HTTP/2 would end a quiet stream when it passes
}

func (s *eventStream) deadline(at time.Time) error {
	err := s.control.SetWriteDeadline(at)
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}
