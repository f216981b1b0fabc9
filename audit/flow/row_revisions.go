package flow

import (
	"time"

	"github.com/authtrail/authtrail/audit"
)

func writeRevisions(w *textWriter, revisions []audit.FlowRevision) {
	w.number(int64(len(revisions)))
	for _, revision := range revisions {
		w.number(int64(revision.Number))
		w.number(revision.At.UnixNano())
		w.number(bit(revision.Closing, flagClosed))
		w.number(int64(len(revision.Changes)))
		for _, change := range revision.Changes {
			w.text(change.Field)
			w.text(change.From)
			w.text(change.To)
			w.texts(change.Came)
			w.texts(change.Went)
		}
	}
}

func readRevisions(r *textReader) []audit.FlowRevision {
	n := r.count(8)
	if n == 0 {
		return nil
	}
	revisions := make([]audit.FlowRevision, n)
	for i := range revisions {
		revisions[i] = audit.FlowRevision{Number: int(r.number()), At: time.Unix(0, r.number()).UTC(),
			Closing: r.number() != 0, Changes: readChanges(r)}
	}
	return revisions
}

func readChanges(r *textReader) []audit.FlowChange {
	n := r.count(10)
	if n == 0 {
		return nil
	}
	changes := make([]audit.FlowChange, n)
	for i := range changes {
		changes[i] = audit.FlowChange{Field: r.text(), From: r.text(), To: r.text(), Came: r.texts(), Went: r.texts()}
	}
	return changes
}
