package rest

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/authtrail/authtrail/audit"
)

const (
	maxBulkBody = 16 << 20
	maxBody     = 1 << 20 // of all others

	// What is read of a body that was refused, so that the client, which sends the
	// whole before it reads, finds an answer and not a broken connection.
	maxDrain  = 64 << 20
	drainTime = 5 * time.Second
)

func tooLarge(limit int64) error {
	message := fmt.Sprintf("the body is larger than %d MiB", limit>>20)
	if limit == maxBulkBody {
		message += "; send fewer events at once"
	}
	return &audit.Error{Code: tooLargeCode, Message: message}
}

var errBusy = &audit.Error{Code: audit.RateLimited, Message: "too many bodies are being processed; send this again later",
	RetryAfter: time.Second}

// errTooSlow is no mistake of the sender's: it would throw the events away.
var errTooSlow = &audit.Error{Code: audit.Unavailable, Message: "the body did not arrive in time; send it again, or less at once",
	RetryAfter: time.Second}

// readBody reads a body of at most limit bytes, unpacked if it came with gzip, and
// returns what frees its memory. A body that is refused is drained first.
func (a *api) readBody(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, free func(), err error) {
	taken, caller := int64(0), audit.PrincipalFrom(r.Context()).Caller()
	free = func() { a.bodies.give(caller, taken) }
	source, err := unpacked(r, limit)
	if err == nil {
		body, err = readAll(source, limit, r.ContentLength, func(n int64) bool {
			ok := a.bodies.take(caller, n)
			if ok {
				taken += n
			}
			return ok
		})
	}
	if err != nil {
		free()
		drain(w, r)
		return nil, nil, err
	}
	return body, free, nil
}

func unpacked(r *http.Request, limit int64) (io.Reader, error) {
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	switch r.Header.Get("Content-Encoding") {
	case "", "identity":
		return r.Body, nil
	case "gzip":
		// What unpacks to no more than the limit is hardly larger itself.
		unpacked, err := gzip.NewReader(io.LimitReader(r.Body, limit+limit/16))
		if err != nil {
			return nil, audit.Invalid("", "the body is not gzip, as its Content-Encoding says")
		}
		return unpacked, nil
	}
	return nil, &audit.Error{Code: unsupportedCode, Message: "the Content-Encoding must be gzip, or none"}
}

// readAll reads up to limit bytes. It takes memory as bytes arrive and not as
// they are announced: a slow sender holds little.
func readAll(source io.Reader, limit, announced int64, take func(int64) bool) ([]byte, error) {
	var body []byte
	for {
		if len(body) == cap(body) {
			size := min(max(4*int64(cap(body)), min(announced, limit)+1), limit+1)
			if body == nil {
				size = 64 << 10
			}
			if !take(size - int64(cap(body))) {
				return nil, errBusy
			}
			grown := make([]byte, len(body), size)
			copy(grown, body)
			body = grown
		}
		n, err := source.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return nil, tooLarge(limit)
		case err == io.EOF:
			return body, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, errTooSlow
		case err != nil:
			return nil, audit.Invalid("", "the body could not be read to its end")
		}
	}
}

// drain reads what is left of a body, within limits. Where the connection takes
// no deadline, the time is checked between reads.
func drain(w http.ResponseWriter, r *http.Request) {
	deadline := time.Now().Add(drainTime)
	connection := http.NewResponseController(w)
	buffer := make([]byte, 32<<10)
	for left := maxDrain; left > 0 && time.Now().Before(deadline); {
		_ = connection.SetReadDeadline(deadline) // what reads the body may set another
		n, err := r.Body.Read(buffer)
		if err == io.EOF {
			_ = connection.SetReadDeadline(time.Time{})
			return
		}
		if err != nil {
			break
		}
		left -= n
	}
	w.Header().Set("Connection", "close")
}
