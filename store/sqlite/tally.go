package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// The tally says how many records each hour holds, by kind and org: what a list
// without any filter is asked for most. Its key begins with the hour, so that a
// commit touches a page or two of it.

const nanosPerHour = int64(time.Hour)

type tallyKey struct {
	hour int64
	kind audit.Kind
	org  string
}

const addToCount = `INSERT INTO tally VALUES (?, ?, ?, ?)
	ON CONFLICT DO UPDATE SET count = count + excluded.count`

// tally counts new records.
func (w *writer) tally(fresh []*item) error {
	counts := map[tallyKey]int{}
	for _, it := range fresh {
		counts[tallyKey{it.nanos / nanosPerHour, it.record.Kind, it.record.Org}]++
	}
	return w.addToTally(counts)
}

func (w *writer) addToTally(counts map[tallyKey]int) error {
	for key, count := range counts {
		if count == 0 {
			continue
		}
		if _, err := w.exec(addToCount, key.hour, int64(key.kind), key.org, count); err != nil {
			return err
		}
	}
	return nil
}

// wholeHours returns the first hour that lies wholly in a span, and the first after those that do.
func (s span) wholeHours() (from, to int64) {
	return (s.from + nanosPerHour - 1) / nanosPerHour, s.to / nanosPerHour
}

// countTallied counts the records of a plain plan in some whole hours.
func (v *snapshot) countTallied(ctx context.Context, p *plan, from, to int64) (int, error) {
	kinds := make([]int, len(p.kinds)) // as numbers: a list of bytes would become a string
	for i, kind := range p.kinds {
		kinds[i] = int(kind)
	}
	kindList, err := json.Marshal(kinds)
	if err != nil {
		return 0, err
	}
	orgs, err := json.Marshal(p.scope.List())
	if err != nil {
		return 0, err
	}
	var n int
	err = v.tx.StmtContext(ctx, v.ask.tally).
		QueryRowContext(ctx, from, to, string(kindList), p.scope.All(), string(orgs)).Scan(&n)
	return n, err
}
