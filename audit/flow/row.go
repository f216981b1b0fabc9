package flow

import (
	"fmt"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// rowVersion is how the Raw of a row begins. Behind it stands the length of the head,
// the head, and the events:
//
//	f1 214 …head…3 0 0 2 r1611 {"unique_id":"r1",…
const rowVersion = "f1 "

// maxRowBytes is how long the Raw of a row may be. Beside the events there is the
// head, which at most repeats what they say, and what the flow remembers.
const maxRowBytes = 4 * audit.MaxFlowBytes

// typicalHead is more bytes than most heads have.
const typicalHead = 1 << 10

// Format is the format of login flows: what a store of theirs is opened with.
func Format() audit.Format {
	return audit.Format{
		Kinds:    []audit.Kind{audit.KindFlow},
		Fields:   append(query.Fields[:len(query.Fields):len(query.Fields)], query.FlowFields...),
		Restore:  restored,
		Head:     headLength,
		MaxBytes: maxRowBytes,
		Numbers:  []query.Field{query.FlowEndedAt, query.FlowDurationMS},
		HeadFields: []query.Field{
			query.UniqueID, query.OrgID, query.RequestID, query.UserID, query.UpstreamUserID, query.Session, query.TraceID, query.TokenID,
			query.SourceIP, query.UserAgent, query.ApplicationName, query.UpstreamIDP,
			query.FlowID, query.FlowOutcome, query.FlowLastStage, query.FlowFailedStage, query.FlowShape, query.FlowStage,
			query.FlowDurationMS, query.FlowRetries, query.FlowEndedAt, query.FlowOpen, query.FlowVia, query.FlowConflict,
		},
	}
}

// NewRow returns the row of a flow.
func NewRow(s State) *audit.Record {
	stored := &storedFlow{head: headOf(s), links: s.Stitched.Links}
	stored.decode.Do(func() {}) // the events are at hand
	var head, w textWriter
	head.Grow(typicalHead)
	stored.write(&head)
	w.Grow(len(rowVersion) + maxDigits + head.Len() + eventsLength(s.Stitched.Links))
	w.WriteString(rowVersion)
	w.text(head.String())
	writeEvents(&w, s.Stitched.Links)
	f := &stored.flow
	f.Records, f.Links = nil, nil
	return audit.NewRow(audit.Row{Kind: audit.KindFlow, Org: f.Org, UniqueID: f.ID, Time: f.StartedAt, Raw: w.String(), Document: stored})
}

// restored returns the row that a store kept.
func restored(s audit.Stored) *audit.Record {
	s.Time = s.Time.UTC()
	return audit.NewRow(audit.Row{Kind: s.Kind, Org: s.Org, UniqueID: s.UniqueID, Time: s.Time, Raw: s.Raw, Document: readStored(s)})
}

// StateOf returns the state of the flow that a row holds. It fails where the row is
// cut to its head, or damaged.
func StateOf(row *audit.Record) (State, error) {
	stored := storedOf(row)
	links, err := stored.events()
	if err != nil {
		return State{}, err
	}
	f := &stored.flow
	return State{
		Stitched: &Stitched{Org: row.Org, Key: stored.key, Links: links, Conflicts: f.Conflicts, Truncated: f.Truncated},
		Revision: f.Revision, Revisions: f.Revisions, Closed: f.Closed,
	}, nil
}

// storedOf returns what a row holds, wherever it comes from.
func storedOf(row *audit.Record) *storedFlow {
	if stored, ok := row.RowDocument().(*storedFlow); ok {
		return stored
	}
	return readStored(row.Stored())
}

// headLength says how many bytes of a Raw are its head: all of one that it cannot read.
func headLength(raw string) int {
	_, rest, ok := parted(raw)
	if !ok {
		return len(raw)
	}
	return len(raw) - len(rest)
}

// parted returns the head of a Raw, and the events behind it.
func parted(raw string) (head, events string, ok bool) {
	text, ok := strings.CutPrefix(raw, rowVersion)
	r := textReader{rest: text}
	head = r.text()
	return head, r.rest, ok && !r.failed
}

// damaged is the error of a row that says something else than NewRow wrote.
func damaged(id, part string) error {
	return fmt.Errorf("the stored %s of the login flow %s cannot be read", part, id)
}
