package elastic

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

// bulk is what one request does, each action as one or two lines of its body.
type bulk struct {
	format  *format
	body    []byte
	items   []bulkItem
	missing []string // partitions that were not there, of the items to send again
	lent    bool     // a request that was not answered may still read the body
}

// bulkBodies keeps the room of one bulk for the next.
var bulkBodies sync.Pool

// newBulk returns an empty bulk, whose room is given back with done.
func newBulk(f *format) bulk {
	b := bulk{format: f}
	if room, kept := bulkBodies.Get().(*[]byte); kept {
		b.body = (*room)[:0]
	}
	return b
}

// done gives the room back, unless somebody may still read it.
func (b *bulk) done() {
	if room := b.body; !b.lent && cap(room) > 0 {
		bulkBodies.Put(&room)
	}
	*b = bulk{format: b.format}
}

// bulkItem is one of them.
type bulkItem struct {
	at       int // where in the batch of the caller
	index    string
	exact    bool // it is for one version, in that very index
	doubtful bool // it was sent before, and may have been done
	from, to int  // its lines in the body
}

// verb is what is done with one document.
type verb string

const (
	create verb = "create" // it is stored unless its _id is there
	put    verb = "index"  // it is stored in the place of what is there
	remove verb = "delete" // what is there is removed
)

// action is what is to be done with one document.
type action struct {
	verb  verb
	index string // an alias
	id    string
	was   *spot // where given, what is there must be that
}

// add adds an action. One that removes needs no record.
func (b *bulk) add(at int, a action, r *audit.Record, from origin) {
	start := len(b.body)
	w := jsonWriter{buf: b.body}
	w.open('{')
	w.name(string(a.verb))
	w.open('{')
	w.member("_index", a.index)
	w.member("_id", a.id)
	if a.was != nil {
		w.name("if_seq_no")
		w.number(a.was.SeqNo)
		w.name("if_primary_term")
		w.number(a.was.PrimaryTerm)
	}
	w.close('}')
	w.close('}')
	b.body = append(w.buf, '\n')
	if a.verb != remove {
		b.body = append(b.format.appendDocument(b.body, r, from), '\n')
	}
	b.items = append(b.items, bulkItem{at: at, index: a.index, exact: a.was != nil, from: start, to: len(b.body)})
}

// clear begins a new body.
func (b *bulk) clear() {
	items := b.items[:0]
	b.done()
	*b = newBulk(b.format)
	b.items = items
}

// only returns a bulk of some of the items.
func (b *bulk) only(items []bulkItem) bulk {
	some := bulk{format: b.format}
	for _, item := range items {
		start := len(some.body)
		some.body = append(some.body, b.body[item.from:item.to]...)
		item.from, item.to = start, len(some.body)
		some.items = append(some.items, item)
	}
	return some
}

// telling is told what became of an item.
type telling func(item bulkItem, outcome audit.Outcome)

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
func (s *Store) sendBulk(ctx context.Context, b *bulk, tell telling) error {
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
		busy, err := s.sendOnce(ctx, &pending, tell)
		b.lent = b.lent || pending.lent
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
func (s *Store) sendOnce(ctx context.Context, b *bulk, tell telling) ([]bulkItem, error) {
	var answer bulkAnswer
	request := esapi.BulkRequest{Body: bytes.NewReader(b.body), RequireAlias: yes, Timeout: shardTimeout, FilterPath: []string{
		"items.*.status", "items.*.error.type", "items.*.error.reason", "items.*.error.caused_by.reason"}}
	counted, sent := countSends(ctx)
	body, err := s.client.ask(counted, request)
	b.lent = b.lent || err != nil || sent.Load() > 1
	if sent.Load() > 1 { // to another node, when the first did not answer
		b.doubt()
	}
	switch {
	case isOverloaded(err):
		return b.items, err
	case hasStatus(err, http.StatusRequestEntityTooLarge) && len(b.items) == 1:
		tell(b.items[0], audit.Outcome{Status: audit.Rejected, Reason: "the event is larger than Elasticsearch accepts"})
		return nil, nil
	case hasStatus(err, http.StatusRequestEntityTooLarge):
		return nil, s.sendHalves(ctx, b, tell)
	case err != nil:
		return nil, asUnavailable(err)
	}
	defer release(body)
	if err := decode(body.Bytes(), &answer); err != nil {
		return nil, err
	}
	busy, err := b.settle(answer, tell)
	if wrong := s.makeMissing(ctx, b.missing); wrong != nil {
		return nil, wrong
	}
	return busy, err
}

// asUnavailable returns an error of a whole bulk. What the engine refuses before it
// has looked at any document is no fault of the records in it.
func asUnavailable(err error) error {
	var known *audit.Error
	var refused *engineError
	if errors.As(err, &refused) && !errors.As(err, &known) {
		return unavailable("Elasticsearch takes no writes for now", err)
	}
	return err
}

// isOverloaded reports whether a whole bulk was turned away.
func isOverloaded(err error) bool {
	var known *audit.Error
	var failure *engineError
	return errors.As(err, &known) && errors.As(known.Err, &failure) && failure.Status == http.StatusTooManyRequests
}

// sendHalves sends a bulk that a proxy finds too large as two.
func (s *Store) sendHalves(ctx context.Context, b *bulk, tell telling) error {
	half := len(b.items) / 2
	for _, items := range [][]bulkItem{b.items[:half], b.items[half:]} {
		part := b.only(items)
		busy, err := s.sendOnce(ctx, &part, tell)
		if err != nil || len(busy) > 0 {
			return err
		}
	}
	return nil
}
