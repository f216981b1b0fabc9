package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/client"
)

// A bulk is sent when it holds this many events or bytes, whichever comes
// first: enough to share a commit, small enough to show progress.
const (
	bulkEvents = 2_000
	bulkBytes  = 4 << 20
)

// maxLine is the longest line that can be an event; a longer one is skipped and reported.
const maxLine = audit.MaxEventBytes

var gzipMagic = []byte{0x1f, 0x8b}

// lineBulk is some lines of a file: the events among them, and what was none.
type lineBulk struct {
	events []json.RawMessage
	lines  []int // the line number of each event
	bad    []badLine
	last   bool // the file ends here
}

type badLine struct {
	number int
	reason string
}

// linesByID returns the line of each event by what the server calls it: its
// unique_id or, where that is not valid, invalid- and its index. Of events with
// the same unique_id it knows the first.
func (b lineBulk) linesByID() map[string]int {
	lines := make(map[string]int, len(b.events))
	for i, event := range b.events {
		if id := uniqueID(event); id != "" && lines[id] == 0 {
			lines[id] = b.lines[i]
		}
	}
	for i, line := range b.lines {
		if id := fmt.Sprintf("invalid-%d", i); lines[id] == 0 {
			lines[id] = line
		}
	}
	return lines
}

// first returns the bulk of the first events, as many as there may be.
func (b lineBulk) first(most int) lineBulk {
	most = min(most, len(b.events))
	return lineBulk{events: b.events[:most], lines: b.lines[:most]}
}

// after returns the bulk without so many of its first events.
func (b lineBulk) after(sent int) lineBulk {
	return lineBulk{events: b.events[sent:], lines: b.lines[sent:]}
}

// again returns the bulk of the events that have to be sent again.
func (b lineBulk) again(retry []client.EventResult) lineBulk {
	ids := make(map[string]bool, len(retry))
	for _, event := range retry {
		ids[event.UniqueID] = true
	}
	var rest lineBulk
	for i, event := range b.events {
		if len(ids) > 0 && ids[uniqueID(event)] {
			rest.events, rest.lines = append(rest.events, event), append(rest.lines, b.lines[i])
		}
	}
	return rest
}

func uniqueID(event json.RawMessage) string {
	var envelope struct {
		ID string `json:"unique_id"`
	}
	_ = json.Unmarshal(event, &envelope) // one that cannot be read has no id
	return envelope.ID
}

// lineReader cuts NDJSON into bulks.
type lineReader struct {
	in     *bufio.Reader
	number int   // of the line read last
	bytes  int64 // read so far
}

func newLineReader(in io.Reader) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(in, 256<<10)}
}

// next returns the next bulk; after the last one only empty bulks follow.
func (r *lineReader) next() (lineBulk, error) {
	var bulk lineBulk
	for size := 0; len(bulk.events) < bulkEvents && size < bulkBytes; {
		line, tooLong, err := r.line()
		if err != nil && !errors.Is(err, io.EOF) {
			return bulk, err
		}
		bulk.last = errors.Is(err, io.EOF)
		if bulk.last && len(line) == 0 && !tooLong {
			return bulk, nil
		}
		r.number++
		if r.number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		line = bytes.TrimSpace(line)
		switch {
		case tooLong:
			bulk.bad = append(bulk.bad, badLine{r.number, fmt.Sprintf("is longer than %d bytes", maxLine)})
		case len(line) == 0:
		case !json.Valid(line):
			if r.number == 1 && bytes.HasPrefix(line, gzipMagic) {
				return bulk, errors.New("this is gzip; unpack it first, as in: gunzip -c FILE | authtrail import -")
			}
			bulk.bad = append(bulk.bad, badLine{r.number, "is not valid JSON"})
		default:
			bulk.events, bulk.lines = append(bulk.events, line), append(bulk.lines, r.number)
			size += len(line)
		}
		if bulk.last {
			break
		}
	}
	return bulk, nil
}

// line reads one line. One that is too long is read to its end and dropped.
func (r *lineReader) line() (line []byte, tooLong bool, err error) {
	for {
		part, err := r.in.ReadSlice('\n')
		r.bytes += int64(len(part))
		if !tooLong {
			line = append(line, part...)
		}
		if len(line) > maxLine+2 {
			line, tooLong = nil, true
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, tooLong, err
		}
	}
}

// pause waits before something is tried again.
func pause(ctx context.Context, wait time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
		return nil
	}
}
