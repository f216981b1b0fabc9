package flow

import (
	"errors"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// writeEvents writes the records of a flow, whose org they share, behind its head:
// when after its start, by what it is tied, the unique_id, and the event as it was sent.
func writeEvents(w *textWriter, links []audit.Link) {
	start := links[0].Record.Time
	for _, link := range links {
		w.number(int64(link.Record.Time.Sub(start)))
		w.number(viaNumber(link.Via))
		w.text(link.Record.UniqueID)
		w.text(link.Record.Raw)
	}
}

// eventsLength is at least how many bytes writeEvents writes.
func eventsLength(links []audit.Link) int {
	length := 0
	for _, link := range links {
		length += 4*maxDigits + len(link.Record.UniqueID) + len(link.Record.Raw)
	}
	return length
}

// event is what is written of one record.
type event struct {
	after    time.Duration
	via      audit.LinkVia
	uniqueID string
	raw      string
}

// readEvents reads what writeEvents wrote, of so many records.
func readEvents(text string, n int) ([]event, bool) {
	r := textReader{rest: text}
	if n == 0 || n > len(text) {
		return nil, false
	}
	events := make([]event, n)
	for i := range events {
		events[i] = event{time.Duration(r.number()), vias[r.below(len(vias))], r.text(), r.text()}
	}
	return events, !r.failed && r.rest == ""
}

var errOnlyHead = errors.New("the row of a login flow was read without its events")

// events returns the links of the flow to its records, which are decoded once.
func (s *storedFlow) events() ([]audit.Link, error) {
	s.decode.Do(func() { s.links, s.damage = s.decodeEvents() })
	return s.links, s.damage
}

func (s *storedFlow) decodeEvents() ([]audit.Link, error) {
	if s.damage != nil {
		return nil, s.damage
	}
	if s.text == "" {
		return nil, errOnlyHead
	}
	events, ok := readEvents(s.text, s.records)
	if !ok {
		return nil, damaged(s.flow.ID, "events")
	}
	links := make([]audit.Link, len(events))
	for i, e := range events {
		links[i] = audit.Link{Via: e.via, Strength: strengthOf(e.via), Record: audit.Restore(audit.Stored{
			Kind: audit.KindAuth, Org: s.flow.Org, UniqueID: e.uniqueID, Time: s.flow.StartedAt.Add(e.after), Raw: e.raw})}
	}
	return links, nil
}

// recordIDs returns the unique_ids of the records.
func (s *storedFlow) recordIDs() []string {
	events, ok := readEvents(s.text, s.records)
	if !ok {
		links, _ := s.events() // of a row that was made here
		return linkedIDs(links)
	}
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = e.uniqueID
	}
	return ids
}

func linkedIDs(links []audit.Link) []string {
	var ids []string
	for _, link := range links {
		ids = append(ids, link.Record.UniqueID)
	}
	return ids
}
