package live

import (
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// pastBytes is how much is kept at most of what those who are behind have read.
const pastBytes = 8 << 20

// past is what those who are behind have read lately, for others who come that way:
// when many fall behind at once, one of them reads for all.
type past struct {
	stretches []*stretch // oldest first
	bytes     int
	index     map[audit.Position]passage
}

// stretch is rows that follow one another.
type stretch struct {
	after audit.Position
	items []Item
	bytes int
}

// passage is a place in a stretch: that before one of its items.
type passage struct {
	in *stretch
	at int
}

// add keeps what comes after a position, and forgets the oldest for it.
func (p *past) add(after audit.Position, items []Item) {
	if len(items) == 0 {
		return
	}
	if p.index == nil {
		p.index = map[audit.Position]passage{}
	}
	s := &stretch{after: after, items: items}
	for i, item := range items {
		p.index[s.before(i)] = passage{s, i}
		s.bytes += len(item.Record.Raw)
	}
	p.stretches = append(p.stretches, s)
	p.bytes += s.bytes
	gone := 0
	for p.bytes > pastBytes || len(p.stretches)-gone > keptRows {
		p.forget(p.stretches[gone])
		gone++
	}
	p.stretches = slices.Delete(p.stretches, 0, gone)
}

func (p *past) forget(s *stretch) {
	for i := range s.items {
		if before := s.before(i); p.index[before].in == s {
			delete(p.index, before)
		}
	}
	p.bytes -= s.bytes
}

// before is the position before an item.
func (s *stretch) before(i int) audit.Position {
	if i == 0 {
		return s.after
	}
	return s.items[i-1].Position
}

// after returns the first few items after a position, none where it is not known.
func (p *past) after(position audit.Position, most int) []Item {
	found, known := p.index[position]
	if !known {
		return nil
	}
	rest := found.in.items[found.at:]
	return slices.Clone(rest[:min(most, len(rest))])
}
