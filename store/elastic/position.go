package elastic

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// shardKey names one shard of one index for ever: an index that is made anew
// under the same name has another UUID, and counts from 0 again.
type shardKey struct {
	index  uint64 // a hash of its UUID
	number int
}

func keyOf(uuid string, number int) shardKey {
	h := fnv.New64a()
	h.Write([]byte(uuid))
	return shardKey{h.Sum64(), number}
}

func (k shardKey) compare(other shardKey) int {
	switch {
	case k.index < other.index, k.index == other.index && k.number < other.number:
		return -1
	case k == other:
		return 0
	}
	return 1
}

// place is a position taken apart: for each shard the _seq_no to go on with, 0
// where none is named, and the shard that was read last.
type place struct {
	next map[shardKey]int64
	last shardKey
}

// A position is e1_<store>.<base>.<tail>: the store's name, what is read of each
// shard, and once more the shard that was read last, how far, and a checksum of
// everything. The records of one shard that stand together in a batch thus share
// all but the tail.
const (
	positionPrefix   = "e1_"
	maxPositionBytes = 192 << 10 // it has to fit into the body of a checkpoint
	maxTailBytes     = 64
)

var positionText = base64.RawURLEncoding.Strict()

// base is the beginning of the positions of one shard's records.
func (p place) base(store string) string {
	b := binary.AppendUvarint(nil, uint64(len(p.next)))
	for _, key := range slices.SortedFunc(maps.Keys(p.next), shardKey.compare) {
		b = appendShard(b, key, p.next[key])
	}
	return positionPrefix + store + "." + positionText.EncodeToString(b) + "."
}

// positionAfter is the position on a base of which one shard has been read further.
func positionAfter(base string, key shardKey, next int64) audit.Position {
	b := appendShard(make([]byte, 0, 32), key, next)
	sum := crc32.Update(crc32.ChecksumIEEE([]byte(base)), crc32.IEEETable, b)
	return audit.Position(base + positionText.EncodeToString(binary.BigEndian.AppendUint32(b, sum)))
}

func appendShard(b []byte, key shardKey, next int64) []byte {
	b = binary.BigEndian.AppendUint64(b, key.index)
	b = binary.AppendUvarint(b, uint64(key.number))
	return binary.AppendUvarint(b, uint64(next))
}

// parsePosition reads a position that the store of this name gave. The empty one
// is the beginning.
func parsePosition(position audit.Position, store string) (place, error) {
	p := place{next: map[shardKey]int64{}}
	if position == "" {
		return p, nil
	}
	foreign := audit.Invalid("after", "the position does not come from this store; start again without it")
	text := string(position)
	cut := strings.LastIndexByte(text, '.') + 1
	head, ok := strings.CutPrefix(text[:cut], positionPrefix+store+".")
	if !ok || len(text) > maxPositionBytes {
		return p, foreign
	}
	base, err := positionText.DecodeString(strings.TrimSuffix(head, "."))
	if err != nil {
		return p, foreign
	}
	tail, err := positionText.DecodeString(text[cut:])
	if err != nil || len(tail) < 4 {
		return p, foreign
	}
	tail, sum := tail[:len(tail)-4], binary.BigEndian.Uint32(tail[len(tail)-4:])
	if crc32.Update(crc32.ChecksumIEEE([]byte(text[:cut])), crc32.IEEETable, tail) != sum || !p.read(base, tail) {
		return p, foreign
	}
	return p, nil
}

// read reads the parts of a position, and reports whether they are sound.
func (p *place) read(base, tail []byte) bool {
	r := shardReader{rest: base}
	for range r.uvarint() {
		key, next := r.shard()
		if r.failed {
			return false
		}
		p.next[key] = next
	}
	complete := !r.failed && len(r.rest) == 0
	r = shardReader{rest: tail}
	key, next := r.shard()
	p.last, p.next[key] = key, next
	return complete && !r.failed && len(r.rest) == 0
}

// shardReader reads what appendShard wrote; after a failure it yields zeros.
type shardReader struct {
	rest   []byte
	failed bool
}

func (r *shardReader) shard() (shardKey, int64) {
	if len(r.rest) < 8 {
		r.failed = true
		return shardKey{}, 0
	}
	index := binary.BigEndian.Uint64(r.rest)
	r.rest = r.rest[8:]
	number, next := r.uvarint(), r.uvarint()
	return shardKey{index, int(number)}, int64(next)
}

func (r *shardReader) uvarint() uint64 {
	value, n := binary.Uvarint(r.rest)
	if n <= 0 || value > 1<<62 {
		r.failed, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[n:]
	return value
}
