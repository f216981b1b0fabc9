package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// BulkResult is what became of a bulk of events.
type BulkResult struct {
	Success []EventResult `json:"success_events"`
	Discard []EventResult `json:"discard_events"`
	Retry   []EventResult `json:"retry_events"`
	Delay   float64       `json:"retry_after_delay_seconds"` // 0 if the server does not say
}

// RetryAfter is how long to wait before the events of Retry are sent again.
func (r BulkResult) RetryAfter() time.Duration {
	return patience(time.Duration(min(r.Delay, maxWait.Seconds()) * float64(time.Second)))
}

// EventResult is what became of one event. Lists name only the events for which
// there is something to say: whatever is in no list was stored.
type EventResult struct {
	UniqueID string `json:"unique_id"`
	Status   string `json:"status"`
	Message  string `json:"status_message"`
}

// maxWait bounds how long one Retry-After is believed.
const maxWait = time.Minute

// maxUnavailable is how often in a row a server may say that it cannot store
// anything: one that stops says so for moments, one whose disk is full for ever.
const maxUnavailable = 5

// Bulk sends events. While the server is too busy (429) it waits as it is told
// and tries again, until ctx ends. So it does when the server is unavailable
// (503), but not for ever: then it returns the server's reason.
func (c *Client) Bulk(ctx context.Context, events []json.RawMessage) (BulkResult, error) {
	for unavailable := 0; ; {
		result, wait, err := c.bulk(ctx, events)
		if wait == 0 {
			return result, err
		}
		unavailable++
		var answered *Error
		if !errors.As(err, &answered) || answered.Status != http.StatusServiceUnavailable {
			unavailable = 0
		}
		if unavailable == maxUnavailable {
			return BulkResult{}, err
		}
		select {
		case <-ctx.Done():
			return BulkResult{}, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// bulk sends the events once. A wait that is not 0 asks to try again after it,
// for the reason that the error says.
func (c *Client) bulk(ctx context.Context, events []json.RawMessage) (result BulkResult, wait time.Duration, err error) {
	answer, err := c.post(ctx, "/v1/bulk_audit_events", "application/json", bulkDocument(events))
	if err != nil {
		return result, 0, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case err != nil:
		return result, 0, fmt.Errorf("read the answer: %w", err)
	case answer.StatusCode == http.StatusTooManyRequests, answer.StatusCode == http.StatusServiceUnavailable:
		return result, retryAfter(answer.Header), restError(answer.StatusCode, body)
	case answer.StatusCode != http.StatusCreated:
		return result, 0, restError(answer.StatusCode, body)
	}
	if err := json.Unmarshal(body, &result); err != nil {
		return result, 0, fmt.Errorf("read the answer: %w", err)
	}
	return result, 0, nil
}

// bulkDocument puts the events into a document exactly as they are: an encoder
// would rewrite them.
func bulkDocument(events []json.RawMessage) []byte {
	body := []byte(`{"events":[`)
	for i, event := range events {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, event...)
	}
	return append(body, "]}"...)
}

func retryAfter(header http.Header) time.Duration {
	seconds, _ := strconv.Atoi(header.Get("Retry-After")) // 0 where it says nothing
	return patience(time.Duration(min(seconds, int(maxWait.Seconds()))) * time.Second)
}

// patience is how long to wait for a server that asks for a wait: not for ever,
// and a second where it does not say how long.
func patience(asked time.Duration) time.Duration {
	if asked <= 0 {
		return time.Second
	}
	return min(asked, maxWait)
}

func restError(status int, body []byte) error {
	var answer struct {
		Code    string `json:"error_code"`
		Message string `json:"error_message"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Message == "" {
		return &Error{Status: status, Message: fmt.Sprintf("the server answered %d %s", status, http.StatusText(status))}
	}
	return &Error{Status: status, Code: answer.Code, Message: answer.Message}
}
