package elastic

import (
	"context"
	"io"
	"log"
	"net"
)

// quiet is a log that nobody reads.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// dialTo reaches one address, whatever is dialled.
func dialTo(dial dialer, address string) dialer {
	return func(ctx context.Context, network, _ string) (net.Conn, error) { return dial(ctx, network, address) }
}
