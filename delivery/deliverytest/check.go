package deliverytest

import (
	"fmt"
	"slices"
)

// log is what a receiver knows of the events that it was sent.
type log struct {
	taken     []string // in order, with duplicates
	discarded []string
	first     []string // in the order in which it saw them first, taken or not
	seen      map[string]struct{}
}

func (l *log) see(ids []string) {
	if l.seen == nil {
		l.seen = map[string]struct{}{}
	}
	for _, id := range ids {
		if _, known := l.seen[id]; !known {
			l.seen[id] = struct{}{}
			l.first = append(l.first, id)
		}
	}
}

func (l *log) take(ids []string) { l.taken = append(l.taken, ids...) }

// Taken returns the ids of the events that the receiver took, in its order, with those
// that it took several times.
func (r *Receiver) Taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.log.taken)
}

// Discarded returns the ids of those that it discarded.
func (r *Receiver) Discarded() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.log.discarded)
}

// Has reports how many different events it was sent, whether it took them or not, and
// how many takings and discardings there were.
func (r *Receiver) Has() (different, dealtWith int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.log.first), len(r.log.taken) + len(r.log.discarded)
}

// Check says what is wrong with what the receiver was sent, where these events were to
// arrive, in this order: each arrives, and is taken or discarded; nothing else does; each
// is seen first after those before it; and what is taken again was taken with nothing but
// what was in flight since, fewer than so many other events.
func (r *Receiver) Check(want []string, inFlight int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	places := make(map[string]int, len(want))
	for i, id := range want {
		places[id] = i
	}
	if err := r.log.inOrder(places); err != nil {
		return err
	}
	if err := r.log.complete(want); err != nil {
		return err
	}
	return r.log.repeated(inFlight)
}

// inOrder checks the order in which events came first.
func (l *log) inOrder(places map[string]int) error {
	before := -1
	for _, id := range l.first {
		place, wanted := places[id]
		if !wanted {
			return fmt.Errorf("%s arrived, which was not to", id)
		}
		if place < before {
			return fmt.Errorf("%s, at %d, came after one at %d", id, place, before)
		}
		before = place
	}
	return nil
}

// complete checks that every event was dealt with.
func (l *log) complete(want []string) error {
	dealt := make(map[string]struct{}, len(want))
	for _, ids := range [][]string{l.taken, l.discarded} {
		for _, id := range ids {
			dealt[id] = struct{}{}
		}
	}
	missing, example := 0, ""
	for _, id := range want {
		if _, ok := dealt[id]; !ok {
			missing++
			example = id
		}
	}
	if missing > 0 {
		return fmt.Errorf("%d of %d did not arrive, such as %s", missing, len(want), example)
	}
	return nil
}

// repeated checks what came between two takings of the same event. That is counted, and
// not measured by their places: what was in flight may lie far apart, where the receiver
// has taken some of it and wants the rest again.
func (l *log) repeated(inFlight int) error {
	latest := make(map[string]int, len(l.taken))
	for i, id := range l.taken {
		if before, again := latest[id]; again && different(l.taken[before+1:i]) >= inFlight {
			return fmt.Errorf("%s was taken again when %d others had been taken since", id, different(l.taken[before+1:i]))
		}
		latest[id] = i
	}
	return nil
}

func different(ids []string) int {
	found := map[string]struct{}{}
	for _, id := range ids {
		found[id] = struct{}{}
	}
	return len(found)
}
