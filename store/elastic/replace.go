package elastic

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/authtrail/authtrail/audit"
)

// Replace implements audit.Replacer.
//
// A row that is new goes into the partition of its time, and stays there: a later
// version takes its place in the index that it was read from, whatever its time is then.
// Where two processes make the same row new at the same moment, with times in two
// partitions, there are two; whoever looks the row up gets both.
func (s *Store) Replace(ctx context.Context, changes []audit.Replacement) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("replace rows: %w", err)
	}
	if s.closing() {
		return errClosed()
	}
	if err := s.format.checkChanges(changes); err != nil {
		return err
	}
	if err := s.replace(ctx, changes); err != nil {
		return s.failedWrite(ctx, "replace rows", err)
	}
	return nil
}

// checkChanges refuses what no store could do.
func (f *format) checkChanges(changes []audit.Replacement) error {
	if len(changes) > audit.MaxReplacements {
		return audit.Invalid("changes", "at most %d can be made at once", audit.MaxReplacements)
	}
	seen := make(map[audit.Key]bool, len(changes))
	for i, change := range changes {
		name := fmt.Sprintf("changes[%d]", i)
		if reason := f.refusal(change.Row); reason != "" {
			return audit.Invalid(name, "%s", reason)
		}
		switch {
		case len(change.Row.Raw) > f.MaxBytes:
			return audit.Invalid(name, "the row %s has %d bytes; at most %d are kept", change.Row.UniqueID, len(change.Row.Raw), f.MaxBytes)
		case seen[change.Row.Key()]:
			return audit.Invalid(name, "the row %s is changed twice", change.Row.UniqueID)
		}
		seen[change.Row.Key()] = true
	}
	return nil
}

// bulksOfOneCaller is how many bulks one Replace sends at a time. Each stands in memory.
const bulksOfOneCaller = 3

func (s *Store) replace(ctx context.Context, changes []audit.Replacement) error {
	r := &replacing{store: s, changes: changes, actions: make([]action, len(changes)), ends: make([]ending, len(changes)),
		bulk: bulk{format: s.format}, room: make(chan struct{}, bulksOfOneCaller), touched: map[string]bool{}}
	// Of a conflict, too, and where only some of it could be written, what was written is
	// made visible, and what is there instead: who then reads the rows again must not read
	// what they were, and make one that seems to be missing once more in another partition.
	err := s.visibly(ctx, r.touched, func() { r.write(ctx) })
	if err = cmp.Or(r.err, err); err != nil {
		return err
	}
	return r.result(ctx)
}

// visibly writes, and returns when what was written can be seen: write notes in
// touched which indices it wrote to.
func (s *Store) visibly(ctx context.Context, touched map[string]bool, write func()) error {
	s.refreshes.begin()
	write()
	refresh, err := s.refreshes.finish(touched)
	if err != nil || refresh == nil {
		return err
	}
	if err := refresh.wait(ctx); err != nil {
		return err
	}
	s.feed.notify()
	return nil
}

// replacing is one Replace under way.
type replacing struct {
	store   *Store
	changes []audit.Replacement
	actions []action // one for each change
	ends    []ending // likewise
	bulk    bulk
	touched map[string]bool // the indices that were written to

	sending sync.WaitGroup
	room    chan struct{}
	mu      sync.Mutex
	err     error // the first of the bulks
}

// ending is what became of one change.
type ending struct {
	audit.Outcome
	doubtful bool // it was sent more than once
}

// write makes the changes, or notes why not all could be made.
func (r *replacing) write(ctx context.Context) {
	for i, change := range r.changes {
		do, possible := r.store.actionFor(change)
		if !possible {
			r.ends[i].Status = audit.Duplicate
			continue
		}
		if !r.store.encode(&r.bulk, i, do, change.Row) {
			r.ends[i].Outcome = audit.Outcome{Status: audit.Rejected, Reason: "internal error"}
			continue
		}
		r.actions[i], r.touched[do.index] = do, true
		if len(r.bulk.body) >= bulkBytes {
			r.send(ctx)
		}
	}
	r.send(ctx)
	r.sending.Wait()
}

// actionFor returns what makes a change; none does when its version is not one
// that this store can have given.
func (s *Store) actionFor(change audit.Replacement) (action, bool) {
	do := action{verb: create, id: idOf(change.Row.Org, change.Row.UniqueID)}
	if change.Was == "" {
		do.index = s.names.writers(s.stretchAt(change.Row.Time))
		return do, !change.Remove
	}
	was, ok := parseRowVersion(change.Was)
	if !ok {
		return do, false
	}
	do.was, do.verb = &was, put
	if change.Remove {
		do.verb = remove
	}
	do.index, ok = s.names.itself(was.Index)
	return do, ok
}

// send sends the bulk, while others are under way.
func (r *replacing) send(ctx context.Context) {
	if len(r.bulk.items) == 0 {
		return
	}
	full := r.bulk
	r.bulk = newBulk(full.format)
	r.room <- struct{}{}
	r.sending.Go(func() {
		defer func() { <-r.room }()
		defer full.done()
		err := r.store.sendBulk(ctx, &full, func(item bulkItem, outcome audit.Outcome) {
			r.ends[item.at] = ending{outcome, item.doubtful}
		})
		r.mu.Lock()
		defer r.mu.Unlock()
		r.err = cmp.Or(r.err, err)
	})
}
