package elastic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/authtrail/authtrail/audit"
)

// client makes requests of the cluster, and knows what its answers mean.
type client struct {
	transport transport
	breaker   *breaker
	timeout   time.Duration
	maxAnswer int64 // bytes that are read of one
	log       *slog.Logger

	open context.Context // until close
	shut context.CancelFunc
}

// do makes one request, and decodes the JSON of its answer into answer, which
// may be nil.
//
// The error is an *audit.Error with code Unavailable when the cluster cannot be
// reached, is overloaded, takes too long, or could answer only in part; ctx's own
// when ctx has ended; and else an *engineError.
func (c *client) do(ctx context.Context, request esapi.Request, answer any) error {
	body, err := c.ask(ctx, request)
	if err != nil {
		return err
	}
	defer release(body)
	if err := whole(body.Bytes()); err != nil {
		return err
	}
	return decode(body.Bytes(), answer)
}

// ask makes one request and returns the body of its answer, which the caller releases.
func (c *client) ask(ctx context.Context, request esapi.Request) (*bytes.Buffer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.open.Err() != nil {
		return nil, errClosed()
	}
	if wait, ok := c.breaker.allow(); !ok {
		return nil, &audit.Error{Code: audit.Unavailable, Message: "Elasticsearch cannot be reached", RetryAfter: wait}
	}
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	defer context.AfterFunc(c.open, cancel)()
	response, err := request.Do(limited, c.transport)
	body, err := c.read(response, err)
	if err == nil {
		return body, nil
	}
	release(body)
	if errors.Is(err, errUnread) {
		return nil, c.unanswered(ctx, err, time.Since(began))
	}
	return nil, explained(err)
}

// unanswered says what it means that a request got no answer, or not all of one.
func (c *client) unanswered(ctx context.Context, err error, waited time.Duration) error {
	if c.open.Err() != nil && ctx.Err() == nil {
		return errClosed()
	}
	impatient := ctx.Err() != nil && waited < c.timeout/3 // says nothing of the cluster
	if !impatient && c.breaker.failed() {
		c.log.Error("Elasticsearch cannot be reached; asking less often until it answers", "cause", err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return unavailable("Elasticsearch took too long to answer", err)
	}
	return unavailable("Elasticsearch cannot be reached", err)
}

// waitedInVain notes that somebody has waited for a request that many share. One
// that is not answered speaks for all of them.
func (c *client) waitedInVain(err error, waited time.Duration) {
	if c.open.Err() == nil && waited >= c.timeout/3 && c.breaker.failed() {
		c.log.Error("Elasticsearch cannot be reached; asking less often until it answers", "cause", err)
	}
}

// refused says what an answer other than success means.
func (c *client) refused(response *esapi.Response, body []byte) error {
	failure := readFailure(response.StatusCode, body)
	switch {
	case response.StatusCode == http.StatusTooManyRequests:
		c.breaker.succeeded() // it answers
		return &audit.Error{Code: audit.Unavailable, Message: "Elasticsearch is overloaded", RetryAfter: retryAfter(response), Err: failure}
	case response.StatusCode >= 500:
		if failure.Type == "" { // of a proxy that finds no node; else a node says that it lacks something, quickly
			c.breaker.failed()
		} else {
			c.breaker.succeeded()
		}
		return &audit.Error{Code: audit.Unavailable, Message: "Elasticsearch cannot answer now", RetryAfter: retryAfter(response), Err: failure}
	}
	c.breaker.succeeded()
	if failure.Type == blocked {
		return unavailable("Elasticsearch takes no writes for now", failure)
	}
	if failure.Status == http.StatusUnauthorized || failure.Status == http.StatusForbidden {
		return unavailable("Elasticsearch refuses the credentials, or what they may do", failure)
	}
	return failure
}

// retryAfter returns when to try again, as the answer says, or else soon.
func retryAfter(response *esapi.Response) time.Duration {
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	return time.Second
}

func unavailable(message string, cause error) *audit.Error {
	return &audit.Error{Code: audit.Unavailable, Message: message, RetryAfter: time.Second, Err: cause}
}

// engineError is a request that Elasticsearch understood and refused.
type engineError struct {
	Status int    `json:"-"`
	Type   string `json:"type"`
	Reason string `json:"reason"`
	Index  string `json:"index"`

	RootCause []engineCause `json:"root_cause"`
	CausedBy  engineCause   `json:"caused_by"`
}

// engineCause is why: that all shards failed says little.
type engineCause struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
}

func (e *engineError) Error() string {
	text := fmt.Sprintf("elasticsearch answered %d %s: %s", e.Status, e.Type, e.Reason)
	for _, cause := range slices.Concat(e.RootCause[:min(1, len(e.RootCause))], []engineCause{e.CausedBy}) {
		if cause.Reason != "" && !strings.Contains(text, cause.Reason) {
			text += fmt.Sprintf(": %s: %s", cause.Type, cause.Reason)
		}
	}
	if e.Index != "" && !strings.Contains(text, e.Index) {
		text += fmt.Sprintf(" (%s)", e.Index)
	}
	return text
}

// readFailure reads the body of an answer that is not a success.
func readFailure(status int, body []byte) *engineError {
	var answer struct {
		Error jsontext.Value `json:"error"`
	}
	failure := &engineError{Status: status}
	if json.Unmarshal(body, &answer, asSent) != nil || json.Unmarshal(answer.Error, failure, asSent) != nil {
		failure.Reason = string(body[:min(len(body), 500)]) // of a proxy, or a plain sentence
	}
	failure.Status = status
	return failure
}

// hasStatus reports whether err is Elasticsearch's answer with one of the statuses.
func hasStatus(err error, statuses ...int) bool {
	var failure *engineError
	if !errors.As(err, &failure) {
		return false
	}
	return slices.Contains(statuses, failure.Status)
}

// alreadyExists reports whether err says that what was to be made is there.
func alreadyExists(err error) bool {
	var failure *engineError
	return errors.As(err, &failure) && (failure.Type == "resource_already_exists_exception" || failure.Type == "invalid_index_name_exception" && strings.Contains(failure.Reason, "already exists as alias"))
}

// close ends the requests under way, and refuses all later ones.
func (c *client) close() {
	c.shut()
	c.transport.close()
}
