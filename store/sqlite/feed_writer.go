package sqlite

import (
	"database/sql"
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// feedRowsAtOnce is how many places in the feed one statement writes.
const feedRowsAtOnce = 64

var insertFeedRows = "INSERT INTO feed(id) VALUES (?)" + strings.Repeat(", (?)", feedRowsAtOnce-1)

// appendFeed writes the new records' places in the feed, in the order in which
// their callers sent them, and returns the last; 0 when there are none.
func (w *writer) appendFeed(group []*job) (int64, error) {
	var added []any
	for _, j := range group {
		for i, it := range j.items {
			if it != nil && j.outcomes[i].Status == audit.Accepted {
				added = append(added, it.id)
				w.fedNow = append(w.fedNow, it.record)
			}
		}
	}
	return w.feedRows(added)
}

// feedRows gives rows the next places in the feed, in their order and without a gap,
// and returns the last; 0 when there are none.
func (w *writer) feedRows(added []any) (int64, error) {
	var last sql.Result
	var err error
	for ; len(added) >= feedRowsAtOnce; added = added[feedRowsAtOnce:] {
		if last, err = w.exec(insertFeedRows, added[:feedRowsAtOnce]...); err != nil {
			return 0, err
		}
	}
	for _, id := range added {
		if last, err = w.exec("INSERT INTO feed(id) VALUES (?)", id); err != nil {
			return 0, err
		}
	}
	if last == nil {
		return 0, nil
	}
	return last.LastInsertId()
}
