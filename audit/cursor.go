package audit

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"
)

// Cursor is a place in an ordered list: that of one row. It binds the kinds and
// the order of the list, not its filters, and stays valid when the row itself is
// gone.
type Cursor struct {
	Kinds    []Kind
	Order    Order
	Time     time.Time
	Org      string
	UniqueID string
	Score    float64
	Number   int64 // in an order by one
}

// cursorPrefix names the version of the form. It begins with a letter, so that
// no date can be mistaken for a cursor where both are accepted.
const cursorPrefix = "c1_"

// String returns the opaque form: printable, without spaces, safe in a URL.
func (c Cursor) String() string {
	b := []byte{byte(c.Order.Field), boolByte(c.Order.Ascending), byte(kindSetOf(c.Kinds))}
	b = binary.AppendVarint(b, c.Time.Unix())
	b = binary.AppendUvarint(b, uint64(c.Time.Nanosecond()))
	if c.Order.Field == ByRelevance {
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(c.Score))
	}
	if _, ok := c.Order.Field.Number(); ok {
		b = binary.AppendVarint(b, c.Number)
	}
	b = binary.AppendUvarint(b, uint64(len(c.Org)))
	b = append(b, c.Org...)
	b = append(b, c.UniqueID...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return cursorPrefix + base64.RawURLEncoding.EncodeToString(b)
}

// ParseCursor reads what String returned. Anything else is a BadUserInput.
func ParseCursor(text string) (Cursor, error) {
	bad := Invalid("", "not a cursor of this API; pass one back exactly as it was returned")
	if len(text) < len(cursorPrefix) || text[:len(cursorPrefix)] != cursorPrefix {
		return Cursor{}, bad
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text[len(cursorPrefix):])
	if err != nil || len(b) < 4 {
		return Cursor{}, bad
	}
	body, sum := b[:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if crc32.ChecksumIEEE(body) != sum {
		return Cursor{}, bad
	}
	r := cursorReader{rest: body}
	c := r.cursor()
	if r.failed || c.String() != text || !InTimeRange(c.Time) {
		return Cursor{}, bad
	}
	return c, nil
}

// fits reports whether the cursor came from a list of these kinds in this order.
func (c Cursor) fits(kinds []Kind, order Order) bool {
	return c.Order == order && kindSetOf(c.Kinds) == kindSetOf(kinds)
}

// Compare says where a row lies from the cursor in the cursor's own order:
// negative before it, positive after it, 0 for its own row.
func (c Cursor) Compare(hit Hit) int {
	here := Hit{&Record{Time: c.Time, Org: c.Org, UniqueID: c.UniqueID}, c.Score}
	return c.Order.compare(hit, here, c.Order.NumberOf(hit.Record), c.Number)
}

// Compare orders two rows: negative when a comes first.
func (o Order) Compare(a, b Hit) int {
	return o.compare(a, b, o.NumberOf(a.Record), o.NumberOf(b.Record))
}

// compare is Compare with the numbers that the rows have in an order by one.
func (o Order) compare(a, b Hit, numberA, numberB int64) int {
	direction := 1
	if o.Field == ByRelevance || !o.Ascending {
		direction = -1
	}
	switch {
	case o.Field == ByRelevance && a.Score > b.Score:
		return -1
	case o.Field == ByRelevance && a.Score < b.Score:
		return 1
	case numberA < numberB:
		return -direction
	case numberA > numberB:
		return direction
	}
	return direction * a.Record.Compare(b.Record)
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// cursorReader reads the parts of a cursor; after a failure it yields zeros.
type cursorReader struct {
	rest   []byte
	failed bool
}

func (r *cursorReader) cursor() Cursor {
	var c Cursor
	head := r.bytes(3)
	c.Order = Order{Field: OrderField(head[0]), Ascending: head[1] == 1}
	c.Kinds = kindSet(head[2]).list()
	seconds, n := binary.Varint(r.rest)
	r.skip(n)
	nanos, n := binary.Uvarint(r.rest)
	r.skip(n)
	c.Time = time.Unix(seconds, int64(nanos%1e9)).UTC()
	if c.Order.Field == ByRelevance {
		c.Score = math.Float64frombits(binary.BigEndian.Uint64(r.bytes(8)))
	}
	if _, ok := c.Order.Field.Number(); ok {
		number, n := binary.Varint(r.rest)
		r.skip(n)
		c.Number = number
	}
	orgLength, n := binary.Uvarint(r.rest)
	r.skip(n)
	c.Org = string(r.bytes(int(min(orgLength, math.MaxInt32))))
	c.UniqueID = string(r.rest)
	return c
}

func (r *cursorReader) bytes(n int) []byte {
	if n > len(r.rest) {
		r.failed, r.rest = true, nil
		return make([]byte, min(n, 8))
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *cursorReader) skip(n int) {
	if n <= 0 {
		r.failed, r.rest = true, nil
		return
	}
	r.rest = r.rest[n:]
}
