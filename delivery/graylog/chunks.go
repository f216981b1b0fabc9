package graylog

import (
	"bytes"
	"crypto/rand"
	"io"

	"github.com/klauspost/compress/gzip"
)

// A message is in one datagram that no network cuts, or in chunks of that size; in
// larger ones only where there would be too many.
const (
	chunkHeader = 12
	smallChunk  = 1_420
	largeChunk  = 8_192 // what receivers take at most
	maxChunks   = 128
	maxPacked   = maxChunks * (largeChunk - chunkHeader)
)

// packer packs messages.
type packer struct {
	writer *gzip.Writer
	packed bytes.Buffer
}

// pack returns what is valid until it is called again.
func (p *packer) pack(message []byte) ([]byte, error) {
	p.packed.Reset()
	if p.writer == nil {
		p.writer = gzip.NewWriter(&p.packed)
	} else {
		p.writer.Reset(&p.packed)
	}
	if _, err := p.writer.Write(message); err != nil {
		return nil, err
	}
	if err := p.writer.Close(); err != nil {
		return nil, err
	}
	return p.packed.Bytes(), nil
}

// writeChunks writes a packed message in as many datagrams as it needs.
func writeChunks(w io.Writer, packed []byte) error {
	if len(packed) <= smallChunk {
		_, err := w.Write(packed)
		return err
	}
	size := smallChunk - chunkHeader
	if len(packed) > maxChunks*size {
		size = largeChunk - chunkHeader
	}
	count := (len(packed) + size - 1) / size
	header := [chunkHeader]byte{0x1e, 0x0f}
	_, _ = rand.Read(header[2:10]) // which never fails
	header[11] = byte(count)
	datagram := make([]byte, 0, size+chunkHeader)
	for i := range count {
		header[10] = byte(i)
		part := packed[i*size : min((i+1)*size, len(packed))]
		if _, err := w.Write(append(append(datagram, header[:]...), part...)); err != nil {
			return err
		}
	}
	return nil
}
