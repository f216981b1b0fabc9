package elastic

import "sync"

// passed remembers which numbers have no records to give, so that nobody is
// woken for them, or reads them, again and again: copies made by a reindex, and
// what the engine itself numbers.
type passed struct {
	mu    sync.Mutex
	spans map[shardKey]span
}

// span is a stretch of numbers, both ends inclusive.
type span struct{ from, to int64 }

// news reports whether a shard may have records from a number on.
func (p *passed) news(s shard, next int64) bool { return p.skip(s.key, next) <= s.checkpoint }

// skip returns the first number from next on that may be a record's.
func (p *passed) skip(key shardKey, next int64) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.spans[key]; ok && s.from <= next && next <= s.to {
		return s.to + 1
	}
	return next
}

// add notes that a stretch has nothing. It is joined to the one that is known,
// where they touch; else the later one is kept, as readers move on.
func (p *passed) add(key shardKey, from, to int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.spans[key]
	switch {
	case ok && from <= known.to+1 && known.from <= to+1:
		p.spans[key] = span{min(from, known.from), max(to, known.to)}
	case !ok || from > known.to:
		p.spans[key] = span{from, to}
	}
}

// forget drops what is known of shards that are no more.
func (p *passed) forget(shards []shard) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.spans) <= len(shards) {
		return
	}
	kept := make(map[shardKey]span, len(shards))
	for _, s := range shards {
		if known, ok := p.spans[s.key]; ok {
			kept[s.key] = known
		}
	}
	p.spans = kept
}
