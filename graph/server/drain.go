package server

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/authtrail/authtrail/audit"
)

// sockets counts the WebSockets that are open.
type sockets struct {
	mu       sync.Mutex
	draining bool
	open     sync.WaitGroup
}

// enter counts a socket, unless the server no longer takes any.
func (s *sockets) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.draining {
		s.open.Add(1)
	}
	return !s.draining
}

// Drain waits until all WebSockets are closed; new ones are refused. Call it
// after closing Options.Stop, which closes them: http.Server.Shutdown does not
// wait for them, since they have taken their connections over.
func (h *Handler) Drain(ctx context.Context) error {
	h.sockets.mu.Lock()
	h.sockets.draining = true
	h.sockets.mu.Unlock()
	drained := make(chan struct{})
	go func() {
		h.sockets.open.Wait()
		close(drained)
	}()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("drain WebSockets: %w", ctx.Err())
	}
}

// stopping returns how a new stream is refused once the server stops.
func (h *Handler) stopping() *failure {
	select {
	case <-h.options.Stop:
		return &failure{http.StatusServiceUnavailable, audit.Unavailable, "the server is stopping"}
	default:
		return nil
	}
}
