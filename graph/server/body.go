package server

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/authtrail/authtrail/audit"
)

// How much of a refused body is read, and for how long, so that the client
// hears the answer instead of a broken connection.
const (
	drainBytes   = 64 << 20
	drainTimeout = 5 * time.Second
)

// requireJSON refuses all bodies but JSON in UTF-8. That keeps forms out, which
// any web page could send in its visitor's name.
func requireJSON(r *http.Request) *failure {
	name, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := params["charset"]
	encoding := r.Header.Get("Content-Encoding")
	switch {
	case err != nil || name != mediaJSON:
		return refused(http.StatusUnsupportedMediaType, "Content-Type: send application/json")
	case charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "utf8"):
		return refused(http.StatusUnsupportedMediaType, "Content-Type: the charset must be utf-8")
	case encoding != "" && !strings.EqualFold(encoding, "identity"):
		return refused(http.StatusUnsupportedMediaType, "Content-Encoding: send the body without encoding")
	}
	return nil
}

// readBody returns the whole body, or refuses one over the limit.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *failure) {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	var outer *http.MaxBytesError
	switch {
	case errors.As(err, &outer):
		return nil, refused(http.StatusRequestEntityTooLarge, "the body may have at most %d bytes", outer.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &failure{http.StatusServiceUnavailable, audit.Unavailable, "the body did not arrive in time"}
	case err != nil:
		return nil, refused(http.StatusBadRequest, "the body could not be read to its end")
	case int64(len(body)) > limit:
		drain(w, r)
		return nil, refused(http.StatusRequestEntityTooLarge, "the body may have at most %d bytes", limit)
	case !utf8.Valid(body):
		return nil, refused(http.StatusBadRequest, "the body is not UTF-8")
	}
	return body, nil
}

// drain reads what is left of a body, within limits. Where the connection takes no
// deadline, nothing is read: such a body may last for ever. The deadline is set again
// for each part, since what reads the body may set others.
func drain(w http.ResponseWriter, r *http.Request) {
	control, deadline := http.NewResponseController(w), time.Now().Add(drainTimeout)
	buffer := make([]byte, 32<<10)
	for left := drainBytes; left > 0 && control.SetReadDeadline(deadline) == nil; {
		n, err := r.Body.Read(buffer)
		if errors.Is(err, io.EOF) {
			_ = control.SetReadDeadline(time.Time{})
			return
		}
		if err != nil {
			break
		}
		left -= n
	}
	if r.ProtoMajor == 1 {
		w.Header().Set("Connection", "close")
	}
}
