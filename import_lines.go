package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
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

// lineOf returns the line of the event that the server calls id.
func (b lineBulk) lineOf(id string) int {
	if index, ok := strings.CutPrefix(id, "invalid-"); ok {
		if i, err := strconv.Atoi(index); err == nil && i < len(b.lines) {
			return b.lines[i]
		}
	}
	for i, event := range b.events {
		if uniqueID(event) == id {
			return b.lines[i]
		}
	}
	return b.lines[0]
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
	number int
	bytes  int64
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

// pause waits a moment before something is tried again.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Second):
		return nil
	}
}
