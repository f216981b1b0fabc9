package sqlite

import "time"

// The index is a number of segments, and a search asks each. While records come
// in they are merged seldom, since the sender waits for it; when nothing has come
// for longer than senders pause to let login flows catch up, the writer merges
// what is left, in steps that a new batch does not wait for long.
const (
	idleBeforeTidying = 2 * time.Second
	pagesPerTidying   = 128 // about ten milliseconds
)

// tidy does one step of merging and reports whether there is more to do.
func (w *writer) tidy() bool {
	var before, after int64
	err := w.transact(func() error {
		if err := w.queryRow("SELECT total_changes()", nil, &before); err != nil {
			return err
		}
		if _, err := w.exec("INSERT INTO fts(fts, rank) VALUES ('merge', ?)", pagesPerTidying); err != nil {
			return err
		}
		return w.queryRow("SELECT total_changes()", nil, &after)
	})
	if err != nil {
		w.log.Warn("the index was not tidied; searches still find everything", "error", err)
		return false
	}
	return after-before >= 2 // what FTS5 says when there was something to merge
}
