package main

import (
	"container/list"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// newHTTPServer returns a server that holds no connection for longer than its
// request may take; streams set deadlines of their own for each event.
func newHTTPServer(handler http.Handler, requestTimeout time.Duration, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      bodyPace.pause + requestTimeout + answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		ConnState:         followConnection,
		ConnContext:       withConnection,
	}
}

// spareConnections are open beyond the bound at most. They are there to say that
// the server is full, and to answer those who watch over it.
const spareConnections = 32

// boundConnections returns the listener with so many places for connections. When
// all are taken, a new connection gets that of the one that has been idle for
// longest; when none is idle it is spare, for which withinBounds has an answer.
func boundConnections(listener net.Listener, most int, logger *slog.Logger) net.Listener {
	return &boundedListener{Listener: listener, most: most, logger: logger}
}

type boundedListener struct {
	net.Listener

	most   int
	logger *slog.Logger

	mu    sync.Mutex
	taken int       // of the places
	idle  list.List // connections that have a place and no request, the longest idle first
	spare list.List // connections that have no place, the oldest first
	full  time.Time // when the log said last that all places are taken
}

// Accept never waits for a place: who is let wait learns nothing.
func (l *boundedListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	bounded := &boundedConnection{Conn: connection, listener: l}
	if leaves := l.admit(bounded); leaves != nil {
		_ = leaves.Close()
	}
	return bounded, nil
}

// admit gives a new connection a place, or makes it spare, and returns the
// connection that has to go for it, if any.
func (l *boundedListener) admit(c *boundedConnection) (leaves *boundedConnection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if leaves = l.place(c); c.placed {
		c.among, c.element = &l.idle, l.idle.PushBack(c) // until its request begins
		return leaves
	}
	c.among, c.element = &l.spare, l.spare.PushBack(c)
	if time.Since(l.full) > time.Minute {
		l.full = time.Now()
		l.logger.Warn("all connections are taken; further ones are answered 503", "max_connections", l.most)
	}
	if l.spare.Len() > spareConnections {
		leaves = l.spare.Front().Value.(*boundedConnection)
		leaves.leave()
	}
	return leaves
}

// place gives a connection a free place, or that of the one that has been idle for
// longest, which it returns. The caller holds mu.
func (l *boundedListener) place(c *boundedConnection) (leaves *boundedConnection) {
	if l.taken < l.most {
		l.taken++
		c.placed = true
		return nil
	}
	longest := l.idle.Front()
	if longest == nil {
		return nil
	}
	leaves = longest.Value.(*boundedConnection)
	leaves.leave()
	leaves.placed, c.placed = false, true
	return leaves
}

// boundedConnection is one of a boundedListener, which guards its members.
type boundedConnection struct {
	net.Conn

	listener *boundedListener
	placed   bool
	among    *list.List // the idle or the spare ones, if it is one of them
	element  *list.Element
}

// leave takes the connection out of its list. The caller holds the listener's mu.
func (c *boundedConnection) leave() {
	if c.element != nil {
		c.among.Remove(c.element)
		c.among, c.element = nil, nil
	}
}

// Close makes room for another connection.
func (c *boundedConnection) Close() error {
	err := c.Conn.Close()
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	c.leave()
	if c.placed {
		c.placed = false
		c.listener.taken--
	}
	return err
}

// hasPlace reports whether the connection has a place, once it has tried to get one.
func (c *boundedConnection) hasPlace() bool {
	c.listener.mu.Lock()
	if c.placed {
		c.listener.mu.Unlock()
		return true
	}
	leaves := c.listener.place(c)
	if c.placed {
		c.leave()
	}
	placed := c.placed
	c.listener.mu.Unlock()
	if leaves != nil {
		_ = leaves.Close()
	}
	return placed
}

// followConnection learns when a connection is idle and when it no longer is.
func followConnection(connection net.Conn, state http.ConnState) {
	c, bounded := connection.(*boundedConnection)
	if !bounded {
		return
	}
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	switch {
	case !c.placed: // it stays spare
	case state == http.StateActive:
		c.leave()
	case state == http.StateIdle && c.element == nil:
		c.among, c.element = &c.listener.idle, c.listener.idle.PushBack(c)
	}
}

type connectionKey struct{}

// withConnection puts the connection into the context of its requests.
func withConnection(ctx context.Context, connection net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, connection)
}

// withinBounds answers the requests of connections that have a place. Of the
// others it answers those that ask how the server is: whoever watches over it must
// not take a server that is full for one that is dead.
func withinBounds(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, bounded := r.Context().Value(connectionKey{}).(*boundedConnection)
		if !bounded || c.hasPlace() {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Connection", "close")
		switch r.URL.Path {
		case "/healthz", "/readyz", "/metrics":
			next.ServeHTTP(w, r)
		default:
			refuse(w, r, &audit.Error{Code: audit.Unavailable, RetryAfter: time.Second,
				Message: "all connections of this server are taken; try again later"})
		}
	})
}
