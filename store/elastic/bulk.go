package elastic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

// bulk is the records of one request, each as two lines of its body.
type bulk struct {
	body    []byte
	items   []bulkItem
	missing []string // partitions that were not there, of the items to send again
}

// bulkItem is one of them.
type bulkItem struct {
	at       int // where in the batch of the caller
	index    string
	from, to int // its lines in the body
}

// create adds a record that is to be stored unless its _id is there.
func (b *bulk) create(at int, index, id string, r *audit.Record, from origin) {
	start := len(b.body)
	w := jsonWriter{buf: b.body}
	w.open('{')
	w.name("create")
	w.open('{')
	w.member("_index", index)
	w.member("_id", id)
	w.close('}')
	w.close('}')
	b.body = append(appendDocument(append(w.buf, '\n'), r, from), '\n')
	b.items = append(b.items, bulkItem{at, index, start, len(b.body)})
}

// clear begins a new body, since a request that failed early may still read the old one.
func (b *bulk) clear() { b.body, b.items = make([]byte, 0, cap(b.body)), b.items[:0] }

// only returns a bulk of some of the items.
func (b *bulk) only(items []bulkItem) bulk {
	var some bulk
	for _, item := range items {
		start := len(some.body)
		some.body = append(some.body, b.body[item.from:item.to]...)
		some.items = append(some.items, bulkItem{item.at, item.index, start, len(some.body)})
	}
	return some
}

// bulkAnswer is what became of a bulk.
type bulkAnswer struct {
	Items []struct {
		Create bulkResult `json:"create"`
	} `json:"items"`
}

type bulkResult struct {
	Status int `json:"status"`
	Error  struct {
		Type   string `json:"type"`
		Reason string `json:"reason"`
		Cause  struct {
			Reason string `json:"reason"`
		} `json:"caused_by"`
	} `json:"error"`
}

const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = 2 * time.Second
	retryFor   = 20 * time.Second // then the caller is told to come back later

	// shardTimeout is how long the cluster waits for a shard that has no primary
	// before it answers for that shard's records alone.
	shardTimeout = 5 * time.Second
)

// sendBulk sends a bulk, and again the items that the cluster is too busy for,
// until each has an outcome.
func (s *Store) sendBulk(ctx context.Context, b *bulk, settled func(at int, outcome audit.Outcome)) error {
	select {
	case s.bulks <- struct{}{}:
		defer func() { <-s.bulks }()
	case <-s.done:
		return errClosed()
	case <-ctx.Done():
		return ctx.Err()
	}
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = firstRetry, lastRetry
	pending := *b
	attempt := func() (struct{}, error) {
		busy, err := s.sendOnce(ctx, &pending, settled)
		if err != nil && len(busy) == 0 {
			return struct{}{}, backoff.Permanent(err)
		}
		pending = pending.only(busy)
		return struct{}{}, err
	}
	_, err := backoff.Retry(ctx, attempt, backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(retryFor))
	return err
}

// sendOnce sends a bulk, and returns the items to send again, with why.
func (s *Store) sendOnce(ctx context.Context, b *bulk, settled func(at int, outcome audit.Outcome)) ([]bulkItem, error) {
	var answer bulkAnswer
	request := esapi.BulkRequest{Body: bytes.NewReader(b.body), RequireAlias: yes, Timeout: shardTimeout, FilterPath: []string{
		"items.create.status", "items.create.error.type", "items.create.error.reason", "items.create.error.caused_by.reason"}}
	body, err := s.client.ask(ctx, request)
	switch {
	case isOverloaded(err):
		return b.items, err
	case hasStatus(err, http.StatusRequestEntityTooLarge) && len(b.items) == 1:
		settled(b.items[0].at, audit.Outcome{Status: audit.Rejected, Reason: "the event is larger than Elasticsearch accepts"})
		return nil, nil
	case hasStatus(err, http.StatusRequestEntityTooLarge):
		return nil, s.sendHalves(ctx, b, settled)
	case err != nil:
		return nil, err
	}
	if err := decode(body, &answer); err != nil {
		return nil, err
	}
	busy, err := b.settle(answer, settled)
	if wrong := s.makeMissing(ctx, b.missing); wrong != nil {
		return nil, wrong
	}
	return busy, err
}

// settle tells what became of the items, and returns those to send again, with why.
func (b *bulk) settle(answer bulkAnswer, settled func(at int, outcome audit.Outcome)) ([]bulkItem, error) {
	if len(answer.Items) != len(b.items) {
		return nil, unavailable("Elasticsearch's answer cannot be read", fmt.Errorf("it has %d items for %d records", len(answer.Items), len(b.items)))
	}
	var busy []bulkItem
	var why bulkResult
	for i, item := range b.items {
		result := answer.Items[i].Create
		if outcome, known := result.outcome(); known {
			settled(item.at, outcome)
			continue
		}
		busy, why = append(busy, item), result
		if result.Error.Type == missingAlias {
			b.missing = append(b.missing, item.index)
		}
	}
	if len(busy) > 0 {
		message := "Elasticsearch is overloaded"
		switch why.Error.Type {
		case blocked:
			message = "Elasticsearch takes no writes of that time for now"
		case missingAlias:
			message = "Elasticsearch has not made a partition yet"
		}
		return busy, unavailable(message, fmt.Errorf("%d of %d records: %d %s: %s",
			len(busy), len(b.items), why.Status, why.Error.Type, why.Error.Reason))
	}
	return nil, nil
}

// isOverloaded reports whether a whole bulk was turned away.
func isOverloaded(err error) bool {
	var known *audit.Error
	var failure *engineError
	return errors.As(err, &known) && errors.As(known.Err, &failure) && failure.Status == http.StatusTooManyRequests
}

// sendHalves sends a bulk that a proxy finds too large as two.
func (s *Store) sendHalves(ctx context.Context, b *bulk, settled func(at int, outcome audit.Outcome)) error {
	half := len(b.items) / 2
	for _, items := range [][]bulkItem{b.items[:half], b.items[half:]} {
		part := b.only(items)
		busy, err := s.sendOnce(ctx, &part, settled)
		if err != nil || len(busy) > 0 {
			return err
		}
	}
	return nil
}

// blocked is the engine's word for an index that takes no writes: while a
// reindex replaces it, or because a disk is full.
const blocked = "cluster_block_exception"

// outcome returns what became of a record, unless it has to be sent again: the
// cluster was too busy, or the partition is being replaced.
func (r bulkResult) outcome() (audit.Outcome, bool) {
	switch {
	case r.Status == http.StatusCreated:
		return audit.Outcome{Status: audit.Accepted}, true
	case r.Status == http.StatusConflict:
		return audit.Outcome{Status: audit.Duplicate}, true
	case r.Status == http.StatusTooManyRequests, r.Status >= 500,
		r.Error.Type == blocked, r.Error.Type == missingAlias, r.Error.Type == "index_closed_exception":
		return audit.Outcome{}, false
	}
	reason := r.Error.Reason
	if r.Error.Cause.Reason != "" {
		reason += ": " + r.Error.Cause.Reason
	}
	return audit.Outcome{Status: audit.Rejected, Reason: fmt.Sprintf("Elasticsearch cannot hold it: %.500s", reason)}, true
}
