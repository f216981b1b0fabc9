package builder

import (
	"hash/maphash"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

// seen tells of ids whether any record had them before: surely not, or perhaps. It
// takes two bytes for an id, and is wrong of one in a thousand, which costs a
// look-up and nothing else. Once full it is wrong more often.
type seen struct {
	seed   maphash.Seed
	layers []layer // each twice as large as the one before
}

// layer is a Bloom filter.
type layer struct {
	bits []uint64
	room int // how many more ids it is meant for
}

const (
	bitsForID  = 16
	probes     = 8
	firstLayer = 1 << 16 // ids
	lastLayer  = 1 << 24 // ids, in 32 MiB
)

func newSeen() *seen { return &seen{seed: maphash.MakeSeed()} }

// add notes the ids of an auth record. Records without a request_id may stand
// alone, under their own unique_id.
func (s *seen) add(r *audit.Record) {
	for _, field := range idFields {
		if value, _ := r.Get(field); value != "" {
			s.note(r.Org, flow.ID{Field: field, Value: value})
		}
	}
	if request, _ := r.Get(query.RequestID); request == "" {
		s.note(r.Org, flow.ID{Field: query.UniqueID, Value: r.UniqueID})
	}
}

// idFields are what ties records to each other.
var idFields = []query.Field{query.RequestID, query.TraceID, query.TokenID, query.Session}

func (s *seen) note(org string, id flow.ID) {
	hash := s.hash(org, id)
	if s.has(hash) {
		return
	}
	if n := len(s.layers); n == 0 || s.layers[n-1].room <= 0 && !s.full() {
		s.grow()
	}
	s.layers[len(s.layers)-1].add(hash)
}

// full reports whether it has as many ids as it is meant for.
func (s *seen) full() bool {
	n := len(s.layers)
	return n > 0 && s.layers[n-1].room <= 0 && s.layers[n-1].ids() >= lastLayer
}

func (s *seen) grow() {
	ids := firstLayer
	if n := len(s.layers); n > 0 {
		ids = 2 * s.layers[n-1].ids()
	}
	s.layers = append(s.layers, layer{make([]uint64, ids*bitsForID/64), ids})
}

// maybe reports whether a record may have had the id.
func (s *seen) maybe(org string, id flow.ID) bool { return s.has(s.hash(org, id)) }

func (s *seen) has(hash uint64) bool {
	for i := range s.layers {
		if s.layers[i].has(hash) {
			return true
		}
	}
	return false
}

func (s *seen) hash(org string, id flow.ID) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for _, part := range []string{org, string(id.Field), id.Value} {
		_, _ = h.WriteString(part) // it never fails
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// ids returns how many ids the layer is meant for.
func (l *layer) ids() int { return len(l.bits) * 64 / bitsForID }

func (l *layer) add(hash uint64) {
	l.room--
	for at := range l.places(hash) {
		l.bits[at/64] |= 1 << (at % 64)
	}
}

func (l *layer) has(hash uint64) bool {
	for at := range l.places(hash) {
		if l.bits[at/64]&(1<<(at%64)) == 0 {
			return false
		}
	}
	return true
}

// places yields the bits of a hash: its two halves make as many as are wanted.
func (l *layer) places(hash uint64) func(yield func(uint64) bool) {
	mask := uint64(len(l.bits)*64) - 1 // their number is a power of two
	return func(yield func(uint64) bool) {
		step := hash>>32 | 1
		for range probes {
			if !yield(hash & mask) {
				return
			}
			hash += step * 0x9e3779b97f4a7c15
		}
	}
}
