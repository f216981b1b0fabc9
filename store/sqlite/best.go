package sqlite

import (
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// found is a row that matches, and its record if that was needed to know.
type found struct {
	row    *row
	record *audit.Record
	cut    bool // the record is that of the row's head
}

// best keeps the first rows of those it is given, in an order. Rows come nearly
// in that order, so that most are added at the end.
type best struct {
	limit   int
	compare func(a, b *row) int
	rows    []*found
}

func newBest(limit int, compare func(a, b *row) int) *best {
	return &best{limit: limit, compare: compare}
}

func (b *best) full() bool { return len(b.rows) == b.limit }

func (b *best) last() *row { return b.rows[len(b.rows)-1].row }

// wants reports whether the row would be among the first.
func (b *best) wants(r *row) bool { return !b.full() || b.compare(r, b.last()) < 0 }

// add adds a row that is wanted.
func (b *best) add(r *row, f *found) {
	if b.full() {
		b.rows = b.rows[:b.limit-1]
	}
	at, _ := slices.BinarySearchFunc(b.rows, r, func(have *found, r *row) int { return b.compare(have.row, r) })
	b.rows = slices.Insert(b.rows, at, f)
}
