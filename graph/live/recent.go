package live

import (
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// What is kept of a feed's end at most.
const (
	keptRows  = 2_000
	keptBytes = 8 << 20 // of what they are restored from
)

// recent is the last rows of a feed, and the positions between them.
type recent struct {
	items  []Item
	bytes  int
	first  int // the number of the first item; they are counted from the beginning of the reading
	places []place
	index  map[audit.Position]int // the number of the item that comes after each of the places
	moved  chan struct{}          // closed and replaced when items were added, or nothing more will be
}

// place is a position, and the number of the item that comes after it.
type place struct {
	position audit.Position
	next     int
}

// newRecent returns the rows after a position, of which there are none yet.
func newRecent(position audit.Position) *recent {
	r := &recent{index: map[audit.Position]int{}, moved: make(chan struct{})}
	r.mark(position)
	return r
}

// head is the number of the item that will be added next.
func (r *recent) head() int { return r.first + len(r.items) }

// add adds what came after the last item, and the position after all of it.
func (r *recent) add(items []Item, next audit.Position) {
	for _, item := range items {
		r.items = append(r.items, item)
		r.bytes += len(item.Record.Raw)
		r.mark(item.Position)
	}
	r.mark(next)
	r.trim()
	r.wake()
}

// mark notes that a position lies after all items so far.
func (r *recent) mark(position audit.Position) {
	if at, ok := r.index[position]; ok && at == r.head() {
		return
	}
	r.index[position] = r.head()
	r.places = append(r.places, place{position, r.head()})
}

// trim forgets the oldest items and places.
func (r *recent) trim() {
	drop := 0
	for len(r.items)-drop > keptRows || r.bytes > keptBytes && len(r.items)-drop > 1 {
		r.bytes -= len(r.items[drop].Record.Raw)
		drop++
	}
	r.items = slices.Delete(r.items, 0, drop)
	r.first += drop
	gone := 0
	for r.places[gone].next < r.first || len(r.places)-gone > 2*keptRows {
		if p := r.places[gone]; r.index[p.position] == p.next {
			delete(r.index, p.position)
		}
		gone++
	}
	r.places = slices.Delete(r.places, 0, gone)
}

// after returns the first few items after a position, and whether the position is known.
func (r *recent) after(position audit.Position, most int) (items []Item, known bool) {
	at, known := r.index[position]
	if !known {
		return nil, false
	}
	from := at - r.first
	return slices.Clone(r.items[from:min(from+most, len(r.items))]), true
}

func (r *recent) wake() {
	close(r.moved)
	r.moved = make(chan struct{})
}
