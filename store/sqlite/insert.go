package sqlite

import (
	"cmp"
	"database/sql"
	"errors"
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// entry is an item and the outcome it will have.
type entry struct {
	*item
	outcome *audit.Outcome
}

// claim enters the keys of a group into the uid table and returns the records
// that nothing held before. Each keeps the row id it is meant to get.
func (w *writer) claim(group []*job) ([]*item, error) {
	var entries []entry
	for _, j := range group {
		for i, it := range j.items {
			if it != nil {
				j.outcomes[i] = audit.Outcome{}
				entries = append(entries, entry{it, &j.outcomes[i]})
			}
		}
	}
	// By hash, so that neighbours share pages; stable, so that of two with the same key the first wins.
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(int64(a.hash), int64(b.hash)) })
	claimed := make(map[int64]*item, len(entries))
	fresh := make([]*item, 0, len(entries))
	for _, e := range entries {
		isNew, err := w.claimKey(e.item, claimed)
		if err != nil {
			return nil, err
		}
		if !isNew {
			e.outcome.Status = audit.Duplicate
			continue
		}
		fresh = append(fresh, e.item)
	}
	return fresh, nil
}

// claimKey finds the first free number at or after the key's hash. It reports
// whether the key was new; a hash alone is never believed.
func (w *writer) claimKey(it *item, claimed map[int64]*item) (bool, error) {
	it.id = w.slots.candidate(it.firstID())
	for it.slot = int64(it.hash); ; it.slot++ {
		result, err := w.exec("INSERT INTO uid VALUES (?, ?) ON CONFLICT DO NOTHING", it.slot, it.id)
		if err != nil {
			return false, err
		}
		if added, err := result.RowsAffected(); err != nil || added == 1 {
			claimed[it.slot] = it
			return true, err
		}
		holder, err := w.holder(it.slot, claimed)
		if err != nil || holder == it.record.Key() {
			return false, err
		}
	}
}

// holder returns the key that has a number of the uid table.
func (w *writer) holder(slot int64, claimed map[int64]*item) (audit.Key, error) {
	if it := claimed[slot]; it != nil {
		return it.record.Key(), nil
	}
	var key audit.Key
	err := w.queryRow("SELECT r.org, r.uid FROM uid u JOIN record r ON r.id = u.id WHERE u.hash = ?",
		[]any{slot}, &key.Org, &key.UniqueID)
	return key, err
}

// insert stores new records. They are sorted first: in the order of their row
// ids they fill page after page.
func (w *writer) insert(fresh []*item) error {
	slices.SortStableFunc(fresh, func(a, b *item) int { return cmp.Compare(a.id, b.id) })
	for _, it := range fresh {
		if err := w.insertRecord(it); err != nil {
			return err
		}
	}
	slices.SortFunc(fresh, func(a, b *item) int { return cmp.Compare(a.id, b.id) })
	for _, it := range fresh {
		if _, err := w.exec("INSERT INTO fts(rowid, terms) VALUES (?, ?)", it.id, it.terms); err != nil {
			return err
		}
	}
	return nil
}

// insertRecord gives a record its row: the one it is meant to get, or when that
// is taken the next free one.
func (w *writer) insertRecord(it *item) error {
	r, wanted := it.record, it.id
	for {
		result, err := w.exec("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			it.id, int64(r.Kind), r.Org, r.UniqueID, it.nanos, it.body)
		if err != nil {
			return err
		}
		if added, err := result.RowsAffected(); err != nil {
			return err
		} else if added == 1 {
			break
		}
		if it.id, err = w.afterLast(it.id); err != nil {
			return err
		}
	}
	w.slots.used(it.firstID(), it.id)
	w.moved(milliOf(it.id) - it.milli())
	if it.id == wanted {
		return nil
	}
	_, err := w.exec("UPDATE uid SET id = ? WHERE hash = ?", it.id, it.slot)
	return err
}

// moved notes by how many milliseconds a record was moved, before the commit: no
// reader may see the row and not know.
func (w *writer) moved(by int64) {
	if by > w.spill.Load() {
		w.spill.Store(by)
	}
}

// afterLast returns the id after the last one of its kind that is taken in the
// same millisecond; in the next millisecond when this one is full.
func (w *writer) afterLast(id int64) (int64, error) {
	var last sql.NullInt64
	milli := milliOf(id)
	err := w.queryRow("SELECT max(id) FROM record WHERE id BETWEEN ? AND ? AND id & 3 = ?",
		[]any{firstID(milli), lastID(milli), id & (slotStep - 1)}, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	return max(id, last.Int64) + slotStep, nil
}
