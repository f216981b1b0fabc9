package sqlite

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// replace makes changes, inside a transaction: all of them, or with a Conflict none.
func (w *writer) replace(revisions []*revision) error {
	if err := w.readOld(revisions); err != nil {
		return err
	}
	var fresh []*item
	counts := map[tallyKey]int{}
	for _, rev := range revisions {
		if rev.was != "" {
			counts[tallyKey{rev.old.nanos / nanosPerHour, audit.Kind(rev.old.kind), rev.record.Org}]--
		}
		if !rev.remove {
			counts[tallyKey{rev.nanos / nanosPerHour, rev.record.Kind, rev.record.Org}]++
			fresh = append(fresh, &rev.item)
		}
	}
	for _, step := range []func() error{
		func() error { return w.putRows(revisions) },
		func() error { return w.indexRows(revisions) },
		func() error { return w.list(fresh) },
		func() error { return w.saveCodes(fresh) },
		func() error { return w.addToTally(counts) },
		w.saveSpill,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// readOld reads what the database knows of the revisions' rows. It is a Conflict when
// one is not the version that its revision is one of.
func (w *writer) readOld(revisions []*revision) error {
	known := map[audit.Key]oldRow{}
	for chunk := range slices.Chunk(revisions, oldRowsAtOnce) {
		if err := w.readRows(chunk, known); err != nil {
			return err
		}
	}
	for _, rev := range revisions {
		version := audit.Version("")
		if old, found := known[rev.record.Key()]; found {
			rev.old, version = old, versionOf(old.version)
		}
		if version != rev.was || rev.remove && version == "" {
			return &audit.Error{Code: audit.Conflict, Message: fmt.Sprintf("the row %s has changed meanwhile", rev.record.UniqueID)}
		}
	}
	return nil
}

// oldRowsAtOnce is for how many rows the database is asked at once.
const oldRowsAtOnce = 64

var rowsOfHashes = "SELECT org, uid, id, version, time, kind FROM record WHERE hash IN (?" + strings.Repeat(", ?", oldRowsAtOnce-1) + ")"

// readRows reads what is known of some rows, and of others whose hashes are the same.
func (w *writer) readRows(revisions []*revision, known map[audit.Key]oldRow) error {
	hashes := make([]any, oldRowsAtOnce)
	for i := range hashes {
		hashes[i] = int64(revisions[min(i, len(revisions)-1)].hash)
	}
	stmt, err := w.stmt(rowsOfHashes)
	if err != nil {
		return err
	}
	rows, err := stmt.Query(hashes...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // what it could say, Err says
	for rows.Next() {
		var key audit.Key
		var old oldRow
		if err := rows.Scan(&key.Org, &key.UniqueID, &old.id, &old.version, &old.nanos, &old.kind); err != nil {
			return err
		}
		known[key] = old
	}
	return rows.Err()
}

// stays reports whether the row keeps the id it has.
func (rev *revision) stays() bool {
	return rev.was != "" && !rev.remove && rev.old.nanos/nanosPerMilli == rev.milli() && rev.old.kind == int64(rev.record.Kind)
}

// putRows writes the rows, and gives each its place in the feed. A row that was
// replaced or removed leaves its place there.
func (w *writer) putRows(revisions []*revision) error {
	for _, rev := range revisions {
		if rev.was == "" {
			continue
		}
		if _, err := w.exec("DELETE FROM feed WHERE seq = ?", rev.old.version); err != nil {
			return err
		}
		if rev.stays() {
			continue
		}
		if err := w.deleteRow(rev.old.id); err != nil {
			return err
		}
	}
	return w.putKept(revisions)
}

// putKept writes the rows that are not removed, each with the place in the feed that
// it gets when all are written.
func (w *writer) putKept(revisions []*revision) error {
	var last, version int64
	err := w.queryRow(`SELECT coalesce((SELECT max(id) FROM record), 0), coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0)`,
		nil, &last, &version)
	if err != nil {
		return err
	}
	var ids []any
	for _, rev := range revisions {
		if rev.remove {
			continue
		}
		if rev.id = rev.old.id; !rev.stays() {
			if rev.id, err = w.freeID(&rev.item, last); err != nil {
				return err
			}
		}
		version++
		last, rev.version = max(last, rev.id), version
		if err := w.putRow(rev); err != nil {
			return err
		}
		ids = append(ids, rev.id)
	}
	if len(ids) == 0 {
		return nil
	}
	if w.fed, err = w.feedRows(ids); err == nil && w.fed != version {
		err = fmt.Errorf("the feed gave the place %d to the row of %d", w.fed, version)
	}
	return err
}

func (w *writer) deleteRow(id int64) error {
	for _, text := range []string{"DELETE FROM record WHERE id = ?", "DELETE FROM rest WHERE id = ?"} {
		if _, err := w.exec(text, id); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) putRow(rev *revision) error {
	r := rev.record
	values := append(make([]any, 0, 16), rev.id, int64(r.Kind), r.Org, r.UniqueID, rev.nanos, rev.version, int64(rev.hash))
	for _, n := range rev.numbers {
		values = append(values, n)
	}
	values = append(values, rev.body)
	if _, err := w.exec(w.layout.putRow, values...); err != nil {
		return err
	}
	var err error
	switch {
	case rev.rest != nil:
		_, err = w.exec("REPLACE INTO rest VALUES (?, ?)", rev.id, rev.rest)
	case rev.stays():
		_, err = w.exec("DELETE FROM rest WHERE id = ?", rev.id)
	}
	return err
}

// freeID returns the id that a new row gets: the one it is meant to get, or when
// that is taken the next free one. Behind the last, which most are, all are free.
func (w *writer) freeID(it *item, last int64) (int64, error) {
	id := w.slots.candidate(it.firstID())
	for id <= last {
		var taken bool
		if err := w.queryRow("SELECT EXISTS (SELECT * FROM record WHERE id = ?)", []any{id}, &taken); err != nil {
			return 0, err
		}
		if !taken {
			break
		}
		var err error
		if id, err = w.afterLast(id); err != nil {
			return 0, err
		}
	}
	w.slots.used(it.firstID(), id)
	w.moved(milliOf(id) - it.milli())
	return id, nil
}

// indexRows brings the index up to the rows, in ascending order of their ids: in
// another, each would be a segment of its own.
func (w *writer) indexRows(revisions []*revision) error {
	indexed, unindexed := map[int64]*revision{}, map[int64]bool{}
	for _, rev := range revisions {
		if !rev.remove {
			indexed[rev.id] = rev
		}
		if rev.was != "" {
			unindexed[rev.old.id] = true
		}
	}
	ids := make([]int64, 0, len(revisions))
	for id := range unindexed {
		if indexed[id] == nil {
			ids = append(ids, id)
		}
	}
	for id := range indexed {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b int64) int { return cmp.Compare(a, b) })
	for _, id := range ids {
		var err error
		switch rev := indexed[id]; {
		case rev == nil:
			_, err = w.exec("DELETE FROM fts WHERE rowid = ?", id)
		case unindexed[id]:
			_, err = w.exec("REPLACE INTO fts(rowid, terms) VALUES (?, ?)", id, rev.terms)
		default:
			_, err = w.exec("INSERT INTO fts(rowid, terms) VALUES (?, ?)", id, rev.terms)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
