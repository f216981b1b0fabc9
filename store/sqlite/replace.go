package sqlite

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// revision is a change of a row on its way into the database.
type revision struct {
	item    // of a row that is removed, its record alone
	was     audit.Version
	remove  bool
	numbers []int64
	rest    []byte

	old     oldRow
	version int64
}

// oldRow is what the database knows of a row that is replaced.
type oldRow struct{ id, version, nanos, kind int64 }

// Replace implements audit.Replacer. All changes of a call are made, or none.
func (s *Store) Replace(ctx context.Context, changes []audit.Replacement) error {
	switch {
	case !s.layout.rows:
		return &audit.Error{Code: audit.Internal, Message: "events cannot be replaced"}
	case len(changes) > audit.MaxReplacements:
		return audit.Invalid("changes", "at most %d can be made at once", audit.MaxReplacements)
	case s.closing():
		return errClosed()
	case len(changes) == 0:
		return ctx.Err()
	}
	revisions, err := s.revisions(changes)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, "replace rows", func(w *writer) (audit.Version, error) { return "", w.replace(revisions) })
	return err
}

// revisions does all that can be done without the database, beside the writer.
func (s *Store) revisions(changes []audit.Replacement) ([]*revision, error) {
	named := make(map[audit.Key]bool, len(changes))
	for i, change := range changes {
		switch {
		case change.Row == nil:
			return nil, audit.Invalid("changes", "number %d has no row", i+1)
		case named[change.Row.Key()]:
			return nil, audit.Invalid("changes", "the row %s is there twice", change.Row.UniqueID)
		}
		named[change.Row.Key()] = true
	}
	revisions, failures := make([]*revision, len(changes)), make([]error, len(changes))
	var wait sync.WaitGroup
	share := (len(changes) + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	for from := 0; from < len(changes); from += share {
		wait.Go(func() {
			for i := from; i < min(from+share, len(changes)); i++ {
				revisions[i], failures[i] = s.revision(changes[i])
			}
		})
	}
	wait.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return revisions, nil
}

// revision makes a change ready, or says why it cannot be made.
func (s *Store) revision(change audit.Replacement) (rev *revision, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			s.log.Error("panic while making a row ready", "stack", string(debug.Stack()))
			err = &audit.Error{Code: audit.Internal, Message: "internal error"}
		}
	}()
	r := change.Row
	rev = &revision{item: item{record: r, hash: s.keyHash(r.Key())}, was: change.Was, remove: change.Remove}
	if change.Remove {
		return rev, nil
	}
	if err := s.layout.holds(r); err != nil {
		return nil, fmt.Errorf("row %s: %w", r.UniqueID, err)
	}
	if rev.numbers, err = s.layout.numbersOf(r); err != nil {
		return nil, fmt.Errorf("row %s: %w", r.UniqueID, err)
	}
	head := len(r.Raw)
	if s.layout.Head != nil {
		head = s.layout.Head(r.Raw)
	}
	rev.nanos, rev.indexed, rev.body = r.Time.UnixNano(), s.terms.index(r), s.bodies.encode(r.Raw[:head])
	if head < len(r.Raw) {
		rev.rest = s.bodies.encode(r.Raw[head:])
	}
	return rev, nil
}

// holds returns why rows of the layout cannot be like this one; nil when they can.
func (l *layout) holds(r *audit.Record) error {
	orgs := r.Values(query.OrgID)
	switch {
	case l.kindUnknown(r.Kind):
		return audit.Invalid("kind", "this store has no rows of the kind %s", r.Kind)
	case r.UniqueID == "":
		return audit.Invalid("unique_id", "is missing")
	case !audit.InTimeRange(r.Time):
		return audit.Invalid("time", "is not from 1970 to 2261")
	case len(r.Raw) > l.MaxBytes:
		return audit.Invalid("raw", "has %d bytes; at most %d are kept", len(r.Raw), l.MaxBytes)
	case r.Org == "" && len(orgs) > 0, r.Org != "" && (len(orgs) != 1 || orgs[0] != r.Org): // by which scopes find it
		return audit.Invalid("org_id", "is %q in a row of the org %q", orgs, r.Org)
	}
	return nil
}
