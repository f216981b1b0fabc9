package sqlite

import (
	_ "embed"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"github.com/authtrail/authtrail/audit"
)

// bodiesV1 is what new bodies are compressed against: typical events. Stored
// bodies name their dictionary by its number, so this one must stay as it is;
// a better one is added under the next number.
//
//go:embed bodies_v1.ndjson
var bodiesV1 []byte

const dictionaryV1 = 1

// codec turns a record's raw event into what is stored, and back.
type codec struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder
}

func newCodec() (*codec, error) {
	encoder, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderDictRaw(dictionaryV1, bodiesV1),
		zstd.WithWindowSize(audit.MaxEventBytes),
		zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderCRC(false)) // SQLite's pages are as safe as anything it stores
	if err != nil {
		return nil, fmt.Errorf("make the body compressor: %w", err)
	}
	decoder, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(0),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderDictRaw(dictionaryV1, bodiesV1))
	if err != nil {
		return nil, fmt.Errorf("make the body decompressor: %w", err)
	}
	return &codec{encoder, decoder}, nil
}

func (c *codec) encode(raw string) []byte {
	return c.encoder.EncodeAll([]byte(raw), make([]byte, 0, 256))
}

func (c *codec) decode(body []byte) (string, error) {
	raw, err := c.decoder.DecodeAll(body, make([]byte, 0, 1024))
	if err != nil {
		return "", fmt.Errorf("decompress a record: %w", err)
	}
	return string(raw), nil
}

func (c *codec) close() {
	c.decoder.Close()
	_ = c.encoder.Close() // it never wrote to a stream, so there is nothing that can fail
}
