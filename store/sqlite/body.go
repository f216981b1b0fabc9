package sqlite

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"
)

// bodiesV1 is what new bodies are compressed against: typical events. Stored
// bodies name their dictionary by its number, so this one must stay as it is;
// a better one is added under the next number.
//
//go:embed bodies_v1.ndjson
var bodiesV1 []byte

const dictionaryV1 = 1

// codec turns a record's raw event into what is stored, and back: the number of
// a dictionary, then an S2 block. docs/adr/0002-one-inverted-index.md says what
// zstd would save and cost.
type codec struct {
	dictionary *s2.Dict
	maxBytes   int // of what is decoded
}

func newCodec(maxBytes int) (codec, error) {
	// As S2 stores dictionaries: where a first repeat would begin, then the text.
	dictionary := s2.NewDict(append([]byte{0}, bodiesV1...))
	if dictionary == nil {
		return codec{}, fmt.Errorf("make the body compressor: the dictionary is damaged")
	}
	return codec{dictionary, maxBytes}, nil
}

// scratch is the room in which bodies are made and read. What is kept of them is as
// long as it has to be.
type scratch struct{ raw, block []byte }

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// maxScratch is how much room is kept for the next body.
const maxScratch = 256 << 10

func (s *scratch) release() {
	if cap(s.raw)+cap(s.block) <= maxScratch {
		scratches.Put(s)
	}
}

func (c codec) encode(raw string) []byte {
	s := scratches.Get().(*scratch)
	defer s.release()
	s.raw = append(s.raw[:0], raw...)
	s.block = slices.Grow(s.block[:0], s2.MaxEncodedLen(len(raw)))
	block := c.dictionary.Encode(s.block[:cap(s.block)], s.raw)
	body := make([]byte, 1+len(block))
	body[0] = dictionaryV1
	copy(body[1:], block)
	return body
}

// decodedLen returns how large what was encoded is; 0 for what is damaged.
func decodedLen(body []byte) int {
	if len(body) == 0 {
		return 0
	}
	size, err := s2.DecodedLen(body[1:])
	if err != nil {
		return 0
	}
	return size
}

// decode returns the raw event of which the parts are the bodies.
func (c codec) decode(parts ...[]byte) (string, error) {
	s := scratches.Get().(*scratch)
	defer s.release()
	s.raw = s.raw[:0]
	for _, body := range parts {
		if len(body) == 0 || body[0] != dictionaryV1 {
			return "", fmt.Errorf("decompress a record: no body of this version")
		}
		size, err := s2.DecodedLen(body[1:])
		if err != nil || size > c.maxBytes {
			return "", fmt.Errorf("decompress a record: its size is damaged")
		}
		from := len(s.raw)
		s.raw = slices.Grow(s.raw, size)
		part, err := c.dictionary.Decode(s.raw[from:from+size], body[1:])
		if err != nil {
			return "", fmt.Errorf("decompress a record: %w", err)
		}
		s.raw = append(s.raw, part...)
	}
	return string(s.raw), nil
}
