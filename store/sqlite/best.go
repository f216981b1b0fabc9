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
	bytes  int  // see size
}

// size is how large the row's event is at least: what was read of it.
func (f *found) size() int {
	if f.bytes == 0 {
		f.bytes = decodedLen(f.row.body) + decodedLen(f.row.rest)
	}
	return f.bytes
}

func sizeOf(rows []*found) int {
	bytes := 0
	for _, f := range rows {
		bytes += f.size()
	}
	return bytes
}

// best keeps the first rows of those it is given, in an order: up to a limit, or
// to the first that makes them larger than a page may be. Rows come nearly in that
// order, so that most are added at the end.
type best struct {
	limit   int
	most    int // bytes; 0 for any number
	compare func(a, b *row) int
	rows    []*found
	bytes   int // of the rows
}

func newBest(limit, most int, compare func(a, b *row) int) *best {
	return &best{limit: limit, most: most, compare: compare}
}

func (b *best) full() bool {
	return len(b.rows) == b.limit || exceeds(len(b.rows), b.bytes, b.most)
}

// exceeds reports whether rows of so many bytes are too many for a page of most
// bytes, 0 for any number. One row never is.
func exceeds(rows, bytes, most int) bool { return most > 0 && rows > 1 && bytes > most }

func (b *best) last() *row { return b.rows[len(b.rows)-1].row }

// wants reports whether the row would be among the first.
func (b *best) wants(r *row) bool { return !b.full() || b.compare(r, b.last()) < 0 }

// add adds a row that is wanted.
func (b *best) add(r *row, f *found) {
	at, _ := slices.BinarySearchFunc(b.rows, r, func(have *found, r *row) int { return b.compare(have.row, r) })
	b.rows = slices.Insert(b.rows, at, f)
	b.bytes += f.size()
	for last := len(b.rows) - 1; ; last-- {
		without := b.bytes - b.rows[last].size()
		if last < b.limit && !exceeds(last, without, b.most) {
			return
		}
		b.rows[last], b.rows, b.bytes = nil, b.rows[:last], without
	}
}
