package builder

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/lease"
)

// term is the time for which a builder holds the lease, and what it knows in it.
type term struct {
	*Builder
	held  *lease.Lease
	at    checkpoint // how far flows are stored
	saved savedCheckpoint

	next     audit.Position // behind what was read
	underWay *batch         // whose flows are made, and perhaps not stored yet; nil for none

	hoods map[string]*flow.Neighbourhood // by org; kept from batch to batch
	// seen tells which ids were on records that were followed; nil where that is not known.
	seen      *seen
	fresh     map[orgID]bool // where it is not: ids that only records of the present batch have
	recalling *recalling     // nil before it has begun
	beside    sync.WaitGroup // what goes on beside the work
	// sure: no flow is stored but of records that were followed, and those that were
	// written in this term. Not so after a crash, until the batch that it interrupted
	// was taken again.
	sure    bool
	written *seen          // the ids of their keys
	crowded map[orgID]bool // ids on too many records, of which all stored flows are aware
	open    openFlows
	sweep   *audit.Cursor // how far the sweep has got
	warned  time.Time     // when it was last said that the flows are late
	late    bool          // it was, and not yet that they are current again
}

// orgID is an id in an org.
type orgID struct {
	org string
	id  flow.ID
}

func newTerm(b *Builder, held *lease.Lease) *term {
	at := checkpointOf(held.State(), rulesName(b.rules))
	t := &term{Builder: b, held: held, at: at, next: at.Position, saved: savedCheckpoint{at, b.options.Now()},
		hoods: map[string]*flow.Neighbourhood{}, crowded: map[orgID]bool{}, written: newSeen()}
	if at.Position == "" {
		t.seen = newSeen()
	}
	return t
}

// rulesVersion is raised when the same records may come to other flows than
// before, or their rows to other fields: flows are then made anew.
const rulesVersion = 1

// rulesName names what flows depend on beside their records.
func rulesName(rules flow.Rules) string { return fmt.Sprintf("%d/%s", rulesVersion, rules.Idle) }

// follow keeps the flows current until ctx ends, or what is wrong does not pass.
func (t *term) follow(ctx context.Context) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		news, err := t.step(ctx)
		if err != nil {
			return err
		}
		if news || t.at.Sweep {
			continue
		}
		if err := t.wait(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// begin finds out what is stored.
func (t *term) begin(ctx context.Context) error {
	if t.at.Position != "" {
		t.options.Logger.Info("building login flows, from where the builder was before")
		return nil
	}
	var flows int
	err := t.patiently(ctx, "count the login flows", func() error {
		counts, err := t.options.Flows.Count(ctx, []audit.Query{{Scope: audit.AllOrgs(), Kinds: []audit.Kind{audit.KindFlow}}})
		if err == nil {
			flows = counts[0]
		}
		return err
	})
	if err != nil {
		return err
	}
	t.sure, t.at.Sweep = flows == 0, flows > 0
	t.options.Logger.Info("building login flows, from the first record on", "stored", flows)
	return nil
}

// step takes what comes next in the feed, and does what is due. It reports whether
// there was anything in the feed.
func (t *term) step(ctx context.Context) (news bool, err error) {
	began := t.options.Now()
	number := t.progress.read(began)
	read, end, err := t.read(ctx)
	switch {
	case err != nil && ctx.Err() == nil && audit.AsError(err).Code == audit.BadUserInput && t.next != "":
		return true, t.startOver(ctx, err)
	case err != nil:
		return false, err
	case len(read.Records) == 0:
		return false, t.atEnd(ctx, number)
	}
	if end != "" {
		t.progress.hasEnd(end, began)
	}
	b := &batch{FeedBatch: read, read: began, last: read.Next == end || !t.options.Alone && len(read.Records) < t.options.Batch}
	if err := t.take(ctx, b); err != nil {
		return false, err
	}
	n := len(read.Records)
	t.recall(ctx, n == t.options.Batch)
	if n >= t.options.Batch/16 && n < t.options.Batch/2 {
		rest(ctx, lull)
	}
	return true, nil
}

// read reads the feed. It also returns its end, where that costs nothing: elsewhere
// a batch that is not full is taken for the last one.
func (t *term) read(ctx context.Context) (batch audit.FeedBatch, end audit.Position, err error) {
	err = t.patiently(ctx, "read the feed", func() (err error) {
		if t.options.Alone {
			if end, err = t.options.Records.End(ctx); err != nil {
				return err
			}
		}
		batch, err = t.options.Records.Since(ctx, t.next, t.options.Batch)
		return err
	})
	return batch, end, err
}

// lull is how long the builder lets records gather when many come: flows that
// come in one batch are written once.
const lull = 50 * time.Millisecond

// startOver begins at the beginning, since the position means nothing to the store.
func (t *term) startOver(ctx context.Context, reason error) error {
	if _, err := t.settle(ctx); err != nil {
		return err
	}
	t.options.Logger.Warn("the records are others than the login flows were made of; making all anew", "reason", reason)
	t.at, t.next = checkpoint{Rules: t.at.Rules, Sweep: true}, ""
	t.seen, t.recalling, t.sure, t.sweep = newSeen(), nil, false, nil
	t.crowded = map[orgID]bool{}
	t.forget()
	return nil
}

// atEnd is called when everything that was acknowledged is followed.
func (t *term) atEnd(ctx context.Context, number uint64) error {
	if _, err := t.settle(ctx); err != nil {
		return err
	}
	t.sure = true
	t.progress.atEnd(number, t.at.Position, t.options.Now())
	t.sayBehind()
	if t.at.Sweep {
		return t.sweepPage(ctx)
	}
	return t.tend(ctx, true)
}

// wait returns when there may be records, when somebody waits for the builder to
// look, or when something else is due.
func (t *term) wait(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, t.open.next(t.options.Now()))
	defer cancel()
	defer t.progress.rouse(cancel)()
	return t.patiently(ctx, "wait for records", func() error {
		err := t.options.Records.Wait(waiting, t.next)
		if waiting.Err() != nil && ctx.Err() == nil {
			return nil
		}
		return err
	})
}

// tend closes the flows that are due and saves the checkpoint when it is, or, where
// there is nothing else to do, whenever it has moved.
func (t *term) tend(ctx context.Context, idle bool) error {
	if err := t.closeDue(ctx); err != nil {
		return err
	}
	if t.at == t.saved.checkpoint || !idle && t.options.Now().Sub(t.saved.at) < saveEvery {
		return nil
	}
	return t.patiently(ctx, "save how far the builder has got", func() error { return t.save(ctx) })
}

// lateFrom is how far behind their records flows are when it is said.
const lateFrom = 5 * time.Second

// sayBehind warns, once a minute at most, when flows are late, and says when they
// are current again.
func (t *term) sayBehind() {
	now, behind := t.options.Now(), t.Stats().Behind
	switch {
	case behind > lateFrom && now.Sub(t.warned) > time.Minute:
		t.warned, t.late = now, true
		t.options.Logger.Warn("login flows are behind their records", "by", behind.Round(time.Second))
	case behind < maxBehind && t.late:
		t.late = false
		t.options.Logger.Info("login flows are current again")
	}
}
