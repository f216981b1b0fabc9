package file

import (
	"bytes"
	"fmt"
)

// mend cuts a line off that has no end: a crash has torn it, and its event is sent
// again. Whoever else writes to the file, does so in whole lines.
func (s *sender) mend() error {
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if size == s.whole {
		return nil
	}
	end, err := s.endOfLines(size)
	if err != nil {
		return fmt.Errorf("read the end of the file: %w", err)
	}
	if end < size {
		s.log.Warn("the last line of a file was torn, and is written again", "bytes", size-end)
		if err := s.file.Truncate(end); err != nil {
			return err
		}
	}
	s.whole = end
	return nil
}

// endOfLines returns where the last whole line ends.
func (s *sender) endOfLines(size int64) (int64, error) {
	chunk := make([]byte, 64<<10)
	for size > 0 {
		n := min(size, int64(len(chunk)))
		if _, err := s.file.ReadAt(chunk[:n], size-n); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(chunk[:n], '\n'); i >= 0 {
			return size - n + int64(i) + 1, nil
		}
		size -= n
	}
	return 0, nil
}
