package sqlite

import (
	"time"

	"github.com/authtrail/authtrail/audit"
)

// A row's id is its place in time: the milliseconds since 1970, a slot among the
// records of that millisecond, and the kind's last bits, so that rows of other kinds
// are passed over without being read. When a millisecond has no slot left for a
// kind, its records spill into the slots of those that follow, and the database
// remembers how far any record was ever moved. So a record of millisecond M has
// a row whose id says M to M + spill, and never less than M.
const (
	kindBits      = 2
	slotStep      = 1 << kindBits // from one slot to the next
	slotBits      = 7             // the kind's among them
	slotsPerMilli = 1 << slotBits
	nanosPerMilli = int64(time.Millisecond)
	endOfTime     = int64(9_214_646_400_000) // the first millisecond of 2262, as a time in milliseconds
)

// firstID returns the first row id of a millisecond.
func firstID(milli int64) int64 { return milli << slotBits }

// firstIDOf returns the first row id that a record of a kind can have in a millisecond.
func firstIDOf(milli int64, kind audit.Kind) int64 { return firstID(milli) | bitsOf(kind) }

// bitsOf returns the bits of a kind. Login flows and reads, which no database holds
// both, have the same.
func bitsOf(kind audit.Kind) int64 {
	if kind == audit.KindRead {
		return 0
	}
	return int64(kind) & (slotStep - 1)
}

// kindMask has the bit of each kind set, as the queries for rows take it.
func kindMask(kinds []audit.Kind) int64 {
	var mask int64
	for _, kind := range kinds {
		mask |= 1 << bitsOf(kind)
	}
	return mask
}

// lastID returns the last row id of a millisecond.
func lastID(milli int64) int64 { return milli<<slotBits | (slotsPerMilli - 1) }

// milliOf returns the millisecond that a row id says.
func milliOf(id int64) int64 { return id >> slotBits }

// span is a range of time in nanoseconds since 1970: from <= time < to.
type span struct{ from, to int64 }

// wholeSpan is every time that a record can have.
var wholeSpan = span{0, endOfTime * nanosPerMilli}

// rows returns the least and the greatest row id that a record in the span can have.
func (s span) rows(spill int64) (first, last int64) {
	if s.from >= s.to {
		return 1, 0
	}
	return firstID(s.from / nanosPerMilli), lastID((s.to-1)/nanosPerMilli + spill)
}

func (s span) holds(nanos int64) bool { return s.from <= nanos && nanos < s.to }

func (s span) intersect(other span) span {
	return span{max(s.from, other.from), min(s.to, other.to)}
}

// spanOf returns the nanoseconds of a range whose zero bounds are open.
func spanOf(from, to time.Time) span {
	s := wholeSpan
	if !from.IsZero() {
		s.from = clampNanos(from)
	}
	if !to.IsZero() {
		s.to = clampNanos(to)
	}
	return s
}

// clampNanos returns a time as nanoseconds since 1970, within what records can have.
func clampNanos(t time.Time) int64 {
	switch {
	case t.Unix() < 0:
		return wholeSpan.from
	case t.Unix() >= endOfTime/1000:
		return wholeSpan.to
	}
	return t.UnixNano()
}

// innerRows returns the row ids that only records in the span can have.
func (s span) innerRows(spill int64) (first, last int64) {
	if s == wholeSpan {
		return s.rows(spill)
	}
	from := (s.from+nanosPerMilli-1)/nanosPerMilli + spill
	if s.from == wholeSpan.from {
		from = 0
	}
	to := s.to / nanosPerMilli
	if s.to == wholeSpan.to {
		to += spill + 1
	}
	return firstID(from), firstID(to) - 1
}
