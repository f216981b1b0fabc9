package audit

import (
	"cmp"
	"context"

	"github.com/authtrail/authtrail/audit/query"
)

// What holds for every role, unless its method says otherwise:
//
//   - It is safe for concurrent use, and ends soon after ctx does, with ctx's error.
//   - A Query, Lookup or Scope that Validate refuses is refused with that error.
//   - A store that cannot answer returns an *Error with code Unavailable, never
//     fewer rows.
//   - What is returned belongs to the caller, except Records, which are shared
//     and must not be changed.
//   - An acknowledged record is seen by every call that begins afterwards in the same
//     process, or in one that was started since. Where a store serves several
//     processes, searches and counts of the others see it within a second. A feed
//     has it at once, whichever process reads.

// Appender takes records in.
type Appender interface {
	// Append stores the batch and returns one outcome per record, in order. When
	// it returns without an error, everything with the outcome Accepted is durable.
	//
	// It is idempotent on (Org, UniqueID): a record already held, or earlier in the
	// same batch, is Duplicate and changes nothing. A record that the store cannot
	// hold is Rejected, with a reason, and never stops its batch.
	//
	// An error means that nothing is known of the batch: send it again. It is
	// Unavailable when the store is closed or full. Why a write failed is logged by
	// the store, once for all batches that it wrote together; callers do not log it again.
	Append(ctx context.Context, batch []*Record) ([]Outcome, error)
}

// Outcome is what became of one record.
type Outcome struct {
	Status OutcomeStatus
	Reason string // for people; with Rejected
}

// OutcomeStatus is one of Accepted, Duplicate and Rejected.
type OutcomeStatus uint8

// What can become of a record.
const (
	Accepted  OutcomeStatus = iota // it is durable
	Duplicate                      // it was held already
	Rejected                       // it cannot be held, now or later
)

// Searcher answers queries.
type Searcher interface {
	// Search returns the page of rows that match, in the query's total order.
	// Paging with the cursors of returned rows neither repeats nor skips a row,
	// whatever is inserted meanwhile, except by relevance, where scores may move.
	//
	// A page may end before its Limit, at MaxPageBytes: whether more follows only
	// HasNext tells (HasPrevious with Backward), never the number of rows.
	Search(ctx context.Context, q Query) (Page, error)
}

// Looker fetches the records of many ids at once.
type Looker interface {
	// Lookup returns one page per key, in the order of the keys, in one round
	// trip whatever their number. A key that nothing has, or whose org is outside
	// the scope, gets an empty page. A page may end before its Limit at PageBytes, as
	// one of Search does at MaxPageBytes.
	Lookup(ctx context.Context, l Lookup) ([]Page, error)
}

// MaxLookupKeys is the most keys that one Lookup may ask for.
const MaxLookupKeys = 2_000

// MaxLookupRows is the most rows that a Lookup gives for one key. An id on more
// records leads nowhere, so one round trip tells whether it does, and where.
const MaxLookupRows = 1_000

// Lookup asks for the records that hold each of some values in a field,
// compared byte by byte.
type Lookup struct {
	Scope Scope
	Kinds []Kind
	// Field is that of the keys which name none. It is an id (RequestID, TraceID,
	// Session, TokenID or UniqueID), a user (UserID or UpstreamUserID) or SourceIP; of
	// flows it may be FlowID or FlowRecordID, too.
	Field  query.Field
	Keys   []LookupKey // at most MaxLookupKeys
	Order  Order       // by time
	Window Window      // applied to each key by itself; its Limit is 1 to MaxLookupRows
	// PageBytes is how much the Raw of the rows of each key may come to; 0 for any
	// number. A page has at least one row, however large that is.
	PageBytes int
	// PassDamaged leaves out the events that the store has, but damaged, as Since does,
	// where the look-up would fail otherwise. It is for who follows the feed and would
	// stand still. A page may then have fewer rows than its limit and be followed by more.
	PassDamaged bool
}

// LookupKey is one value of the field in one org. With AnyOrg the records of
// every org in the scope are returned.
type LookupKey struct {
	Field  query.Field // instead of the Lookup's, where it is set
	Org    string
	AnyOrg bool
	Value  string
}

// FieldOf returns the field in which a key's value is looked up.
func (l Lookup) FieldOf(key LookupKey) query.Field { return cmp.Or(key.Field, l.Field) }

// Validate is as Query.Validate.
func (l Lookup) Validate() error {
	switch {
	case len(l.Keys) > MaxLookupKeys:
		return Invalid("keys", "at most %d can be looked up at once", MaxLookupKeys)
	case l.Order.Field != ByTime:
		return Invalid("orderBy", "a look-up is ordered by time")
	case l.PageBytes < 0:
		return Invalid("pageBytes", "must not be negative")
	}
	if err := l.Scope.Validate(); err != nil {
		return err
	}
	return l.Window.validate(l.Kinds, l.Order, MaxLookupRows)
}

// Query returns what a Lookup asks for one of its keys: nothing, when the key's
// org is outside the scope.
func (l Lookup) Query(key LookupKey) Query {
	q := Query{Scope: l.Scope, Kinds: l.Kinds, Where: query.Exact{Field: l.FieldOf(key), Values: []string{key.Value}},
		Order: l.Order, Window: l.Window}
	if key.AnyOrg {
		return q
	}
	narrowed, ok := l.Scope.Narrow(key.Org)
	if !ok {
		q.Where = query.None{}
		return q
	}
	q.Scope = narrowed
	return q
}

// Counter counts. Every method takes several requests, answers them in their
// order, and costs one round trip. Counts are exact.
type Counter interface {
	// Count returns how many records match each query. Order and Window do not matter.
	Count(ctx context.Context, queries []Query) ([]int, error)
	// Facets returns the values of each request's field, most frequent first, ties by value.
	Facets(ctx context.Context, requests []FacetRequest) ([][]ValueCount, error)
	// Histograms returns the buckets of each request.
	Histograms(ctx context.Context, requests []HistogramRequest) ([][]Bucket, error)
}

// Feed yields records in the order in which they were persisted: in one order
// for all where the store has one writer (SQLite), and else (Elasticsearch) in one
// for each shard, with the shards taking turns.
type Feed interface {
	// End returns the position after everything acknowledged so far.
	End(ctx context.Context) (Position, error)
	// Since returns up to limit records persisted after the position. Records of
	// one Append come in the order in which they were sent, as far as they are in
	// one shard and the cluster was not too busy to take some at once. Nothing is
	// ever passed over because it became visible late. At the end the batch has no
	// records and Next is the given position: everything acknowledged before the
	// call has been given. A batch with fewer records than the limit is not the end.
	//
	// The empty position is the beginning. A position that this store did not
	// give is BadUserInput. Records that were dropped since are not given, and their
	// part of a position has no meaning any more.
	//
	// One exception: a record that the store has, but damaged, so that it cannot be
	// read, is left out, since no waiting would mend it and all who follow would stand
	// still behind it. The store logs which one it is, once. Questions that come upon
	// such a record are refused as ever, since their answers must not lack it; but for
	// look-ups that pass such (see Lookup).
	Since(ctx context.Context, after Position, limit int) (FeedBatch, error)
	// Wait returns nil as soon as there may be records after the position.
	Wait(ctx context.Context, after Position) error
	// Behind returns how many rows were persisted after the position: an upper bound,
	// at little cost, which may be a moment old.
	Behind(ctx context.Context, after Position) (int64, error)
}

// FeedBatch is a stretch of a feed.
type FeedBatch struct {
	Records   []*Record
	Positions []Position // just after each of the records
	Next      Position   // after all of them
}

// Position is a place in a store's feed; opaque, printable, and durable.
type Position string

// Prober says whether the store can work.
type Prober interface {
	// Ready returns nil when reads and writes can be served, and else why not.
	Ready(ctx context.Context) error
}

// Store is what a store is.
type Store interface {
	Appender
	Searcher
	Looker
	Counter
	Feed
	Registry
	Prober
	// Close finishes what was acknowledged and releases everything. Calls that
	// are under way may fail with Unavailable; so do all later ones.
	Close() error
}
