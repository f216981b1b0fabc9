package sqlite

// slots knows the next free row ids of the milliseconds that were used lately. It
// only guesses: what it does not know, or has forgotten, is found out when the
// guessed row turns out to be taken.
type slots struct {
	next map[int64]int64 // first row id of a kind in a millisecond → free row id, maybe in a later one
}

// maxSlots bounds what is remembered: 16 bytes and a little more each.
const maxSlots = 1 << 16

func newSlots() slots { return slots{next: make(map[int64]int64)} }

// candidate returns the row id that the next record with this first id should get.
func (s *slots) candidate(first int64) int64 {
	id, ok := s.next[first]
	if !ok {
		id = first
	}
	if len(s.next) >= maxSlots {
		clear(s.next)
	}
	s.next[first] = id + slotStep
	return id
}

// used notes the row id that a record with this first id got.
func (s *slots) used(first, id int64) {
	if s.next[first] <= id {
		s.next[first] = id + slotStep
	}
}
