package main

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// newHTTPServer returns a server that holds no connection for longer than its
// request may take; streams set deadlines of their own for each event.
func newHTTPServer(handler http.Handler, requestTimeout time.Duration, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      bodyTimeout + requestTimeout + answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}

// boundConnections returns the listener with at most so many connections open.
// Further ones wait in the system's queue until one closes, which the log says.
func boundConnections(listener net.Listener, most int, logger *slog.Logger) net.Listener {
	return &boundedListener{Listener: listener, places: make(chan struct{}, most), closed: make(chan struct{}), logger: logger}
}

type boundedListener struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	close  sync.Once
	full   time.Time // when the log said last that all places are taken
	logger *slog.Logger
}

// Accept waits for a place, then for a connection.
func (l *boundedListener) Accept() (net.Conn, error) {
	if !l.enter() {
		return nil, net.ErrClosed
	}
	connection, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &boundedConnection{Conn: connection, leave: sync.OnceFunc(func() { <-l.places })}, nil
}

func (l *boundedListener) enter() bool {
	select {
	case l.places <- struct{}{}:
		return true
	case <-l.closed:
		return false
	default:
	}
	if time.Since(l.full) > time.Minute {
		l.full = time.Now()
		l.logger.Warn("all connections are taken; new ones wait", "max_connections", cap(l.places))
	}
	select {
	case l.places <- struct{}{}:
		return true
	case <-l.closed:
		return false
	}
}

// Close ends Accept, also one that waits for a place.
func (l *boundedListener) Close() error {
	l.close.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type boundedConnection struct {
	net.Conn
	leave func()
}

// Close makes room for another connection.
func (c *boundedConnection) Close() error {
	err := c.Conn.Close()
	c.leave()
	return err
}

// bodyInTime gives every body a time to arrive in, so that who sends a byte now
// and then cannot hold a connection for ever. Handlers see the end of the time
// as os.ErrDeadlineExceeded.
func bodyInTime(next http.Handler) http.Handler {
	return bodyWithin(bodyTimeout)(next)
}

func bodyWithin(patience time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			control := http.NewResponseController(w)
			if r.ContentLength != 0 && control.SetReadDeadline(time.Now().Add(patience)) == nil {
				r.Body = &timedBody{ReadCloser: r.Body, control: control}
			}
			next.ServeHTTP(w, r)
		})
	}
}

// timedBody lifts the deadline once the body is there: after that the server reads
// on only to notice that its client has gone, which has no deadline.
type timedBody struct {
	io.ReadCloser
	control *http.ResponseController
}

// Read implements io.Reader.
func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}
