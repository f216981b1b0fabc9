package sqlite

import (
	_ "embed"
	"fmt"

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

func (c codec) encode(raw string) []byte {
	body := make([]byte, 1+s2.MaxEncodedLen(len(raw)))
	body[0] = dictionaryV1
	block := c.dictionary.Encode(body[1:], []byte(raw))
	return body[:1+len(block)]
}

func (c codec) decode(body []byte) (string, error) {
	if len(body) == 0 || body[0] != dictionaryV1 {
		return "", fmt.Errorf("decompress a record: no body of this version")
	}
	if size, err := s2.DecodedLen(body[1:]); err != nil || size > c.maxBytes {
		return "", fmt.Errorf("decompress a record: its size is damaged")
	}
	raw, err := c.dictionary.Decode(nil, body[1:])
	if err != nil {
		return "", fmt.Errorf("decompress a record: %w", err)
	}
	return string(raw), nil
}
