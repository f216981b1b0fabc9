package sqlite

// slots knows the next free row id of the milliseconds that were used lately. It
// only guesses: what it does not know, or has forgotten, is found out when the
// guessed row turns out to be taken.
type slots struct {
	next map[int64]int64 // millisecond → row id, maybe in a later millisecond
}

// maxSlots bounds what is remembered: 16 bytes and a little more each.
const maxSlots = 1 << 16

func newSlots() slots { return slots{next: make(map[int64]int64)} }

// candidate returns the row id that the next record of a millisecond should get.
func (s *slots) candidate(milli int64) int64 {
	id, ok := s.next[milli]
	if !ok {
		id = firstID(milli)
	}
	if len(s.next) >= maxSlots {
		clear(s.next)
	}
	s.next[milli] = id + 1
	return id
}

// used notes the row id that a record of a millisecond got.
func (s *slots) used(milli, id int64) {
	if s.next[milli] <= id {
		s.next[milli] = id + 1
	}
}
