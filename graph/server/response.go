package server

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/authtrail/authtrail/audit"
)

// encode returns a response as JSON.
func encode(response *graphql.Response) ([]byte, error) {
	var out bytes.Buffer
	err := encodeTo(&out, response)
	return out.Bytes(), err
}

// encodeTo writes a response as JSON. One that was never executed has no data
// entry at all: a null there would say that it was executed and failed. The data
// are copied as they are, since checking them again would cost as much as they did.
func encodeTo(out *bytes.Buffer, response *graphql.Response) error {
	out.Grow(len(response.Data) + 256)
	separator := byte('{')
	member := func(name string, value []byte) {
		out.WriteByte(separator)
		separator = ','
		out.WriteString(`"` + name + `":`)
		out.Write(value)
	}
	if len(response.Errors) > 0 {
		errs, err := json.Marshal(response.Errors)
		if err != nil {
			return fmt.Errorf("encode errors: %w", err)
		}
		member("errors", errs)
	}
	if len(response.Data) > 0 {
		member("data", response.Data)
	}
	if len(response.Extensions) > 0 {
		extensions, err := json.Marshal(response.Extensions)
		if err != nil {
			return fmt.Errorf("encode extensions: %w", err)
		}
		member("extensions", extensions)
	}
	if separator == '{' {
		return errors.New("encode response: it is empty")
	}
	out.WriteByte('}')
	return nil
}

// write answers with a response that GraphQL made. Plain JSON says 200 to all
// that the caller can mend in the document, as clients of that type expect.
func (h *Handler) write(w http.ResponseWriter, reply string, response *graphql.Response) {
	status := http.StatusOK
	if len(response.Data) == 0 {
		status = statusOf(codeOf(response.Errors))
	}
	if reply == mediaJSON && status == http.StatusBadRequest {
		status = http.StatusOK
	}
	if reply == "" {
		reply = mediaJSON // what an event stream's client gets instead of its stream
	}
	if wait, told := waitIn(response.Errors); told && status != http.StatusOK {
		w.Header().Set("Retry-After", strconv.Itoa(wait))
	}
	h.send(w, reply, status, response)
}

// waitIn returns after how many seconds a refused request may be sent again, if
// the errors say it.
func waitIn(errs gqlerror.List) (wait int, told bool) {
	if len(errs) > 0 {
		wait, told = errs[0].Extensions["retryAfter"].(int)
	}
	return wait, told
}

// refuse answers a request that GraphQL has not seen.
func (h *Handler) refuse(w http.ResponseWriter, reply string, f *failure) {
	if reply == "" {
		reply = mediaJSON
	}
	h.send(w, reply, f.status, &graphql.Response{Errors: gqlerror.List{requestError(f.code, "%s", f.message)}})
}

// Refuse answers a request that must not reach a Handler, as GraphQL.
func Refuse(w http.ResponseWriter, r *http.Request, reason *audit.Error) {
	drain(w, r)
	switch reason.Code {
	case audit.Unauthenticated:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case audit.Unavailable, audit.RateLimited:
		w.Header().Set("Retry-After", strconv.Itoa(seconds(reason.RetryAfter)))
	}
	refusal := &graphql.Response{Errors: gqlerror.List{errorOf(reason)}}
	body, _ := encode(refusal) // it holds nothing that JSON cannot
	sendJSON(w, cmp.Or(replyTo(r).reply, mediaJSON), statusOf(reason.Code), body)
}

func (h *Handler) send(w http.ResponseWriter, media string, status int, response *graphql.Response) {
	h.count(response.Errors)
	out := buffers.Get().(*bytes.Buffer)
	defer func() {
		if out.Cap() <= largestKept {
			buffers.Put(out)
		}
	}()
	out.Reset()
	if err := encodeTo(out, response); err != nil {
		h.options.Logger.Error("encode GraphQL response", "error", err)
		status = http.StatusInternalServerError
		out.Reset()
		out.WriteString(`{"errors":[{"message":"internal error","extensions":{"code":"` + string(audit.Internal) + `"}}]}`)
	}
	sendJSON(w, media, status, out.Bytes())
}

var buffers = sync.Pool{New: func() any { return &bytes.Buffer{} }}

// largestKept is how long an answer may be for its buffer to be kept.
const largestKept = 1 << 20

func sendJSON(w http.ResponseWriter, media string, status int, body []byte) {
	header := w.Header()
	header.Set("Content-Type", media+"; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Length", strconv.Itoa(len(body))) // or it would go out in pieces
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone, which is its right
}
