package flow

import (
	"iter"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// storedFlow is a flow as its row holds it, and as stores see it: its head, and the
// events, which are decoded when they are asked for.
//
// It has the fields that Document says, but two: its unique_id is the id of the flow,
// as that of any row, and its outcome is UNDECIDED while nothing decides it.
type storedFlow struct {
	head
	text string // the events

	decode  sync.Once
	links   []audit.Link
	damage  error
	listing sync.Once
	listed  []*audit.Record // of the links
}

// undecided is the outcome of a stored flow that nothing decides.
const undecided = "UNDECIDED"

// readStored reads a row. Of one whose head is damaged it knows nothing but what the
// store says.
func readStored(s audit.Stored) *storedFlow {
	stored := &storedFlow{}
	head, events, ok := parted(s.Raw)
	if ok {
		r := textReader{rest: head}
		stored.read(&r, s.Time)
		ok = !r.failed && r.rest == ""
	}
	if ok {
		stored.text = events
	} else {
		stored.head = damagedHead(s.Time)
		stored.damage = damaged(s.UniqueID, "head")
	}
	stored.flow.Org, stored.flow.ID = s.Org, s.UniqueID
	return stored
}

func damagedHead(at time.Time) head {
	return head{flow: audit.Flow{StartedAt: at, EndedAt: at}}
}

// Time implements query.Document: when the flow began.
func (s *storedFlow) Time() time.Time { return s.flow.StartedAt }

// Values implements query.Document.
func (s *storedFlow) Values(field query.Field) []string {
	switch field {
	case query.UniqueID:
		return known(s.flow.ID)
	case query.FlowOutcome:
		if s.flow.Outcome == "" {
			return []string{undecided}
		}
	case query.FlowRecordID:
		return s.recordIDs()
	case query.FlowVia:
		return s.viaNames()
	case query.UserID:
		return s.users
	case query.UpstreamUserID:
		return s.upstreamUsers
	case query.Session:
		return s.flow.Sessions
	case query.TraceID:
		return s.flow.Traces
	case query.TokenID:
		return s.flow.Tokens
	case query.SourceIP:
		return s.flow.SourceIPs
	case query.UserAgent:
		return s.flow.UserAgents
	}
	if values, own := ownValues(&s.flow, field); own {
		return values
	}
	return distinct(s.decoded(), field)
}

func (s *storedFlow) viaNames() []string {
	var names []string
	for i, n := range s.via {
		if n > 0 {
			names = append(names, string(vias[i]))
		}
	}
	return names
}

// decoded returns the records; none of a row without them.
func (s *storedFlow) decoded() []*audit.Record {
	s.listing.Do(func() {
		links, _ := s.events()
		s.listed = make([]*audit.Record, len(links))
		for i, link := range links {
			s.listed[i] = link.Record
		}
	})
	return s.listed
}

// Strings implements query.Document: those of the records.
func (s *storedFlow) Strings() iter.Seq2[string, string] {
	return ofRecords(s.decoded(), query.Document.Strings)
}

// Extra implements query.Document: that of the records.
func (s *storedFlow) Extra() iter.Seq2[string, string] {
	return ofRecords(s.decoded(), query.Document.Extra)
}
