package socket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/authtrail/authtrail/delivery"
)

// patience is how long a receiver may take nothing before a connection is given up.
const patience = 30 * time.Second

// piece is what a receiver must take within that time while there is more.
const piece = 64 << 10

// Between bursts of datagrams there is a rest: what comes faster than a receiver reads
// is dropped by its system, which tells nobody.
const (
	burstDatagrams = 8
	burstBytes     = 16 << 10
	burstRest      = time.Millisecond
)

// writer is what a message is written to: the connection, with its limits.
func (l *Line) writer(ctx context.Context) io.Writer {
	if l.Datagrams() {
		return paced{ctx, l}
	}
	return stream{ctx, l.conn, l.patience}
}

// stalled is that a receiver took nothing for so long.
func stalled(patience time.Duration) error {
	return &delivery.Failure{Reason: fmt.Sprintf("the receiver keeps the connection but has read nothing from it for %s", patience)}
}

// stream writes piece by piece. However long a slow receiver needs for all of it, it is
// given up only when it reads nothing any more.
type stream struct {
	ctx      context.Context
	conn     net.Conn
	patience time.Duration
}

func (s stream) Write(text []byte) (n int, err error) {
	for n < len(text) && err == nil {
		_ = s.conn.SetWriteDeadline(time.Now().Add(s.patience))
		if s.ctx.Err() != nil { // the deadline for that may just have been overwritten
			return n, s.ctx.Err()
		}
		var written int
		written, err = s.conn.Write(text[n:min(n+piece, len(text))])
		n += written
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && s.ctx.Err() == nil {
		err = stalled(s.patience)
	}
	return n, err
}

// burst is what was sent since the last rest.
type burst struct{ datagrams, bytes int }

// paced writes datagrams with rests between.
type paced struct {
	ctx context.Context
	*Line
}

func (p paced) Write(datagram []byte) (int, error) {
	if p.burst.datagrams >= burstDatagrams || p.burst.bytes >= burstBytes {
		select {
		case <-time.After(burstRest):
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
		p.burst = burst{}
	}
	p.burst.datagrams++
	p.burst.bytes += len(datagram)
	return p.conn.Write(datagram)
}
