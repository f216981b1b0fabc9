package flow

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Build puts the flow of one attempt together from its own records alone: the
// auth records of the org that carry the request id, in any order, repeats
// allowed. It returns nil when there are none.
//
// The result depends on the set of records alone, and on now only to tell an
// attempt that is undecided and idle (ABANDONED) from one that is still going on.
func Build(org, requestID string, records []*audit.Record, now time.Time, idle time.Duration) *audit.Flow {
	g := &gathered{key: Key{audit.ViaRequest, requestID}}
	for _, r := range records {
		g.take(r, audit.ViaRequest)
	}
	s := g.stitched(org)
	if s == nil {
		return nil
	}
	return s.Flow(now, idle)
}

// Flow says what the records of a flow come to: how it ended, which path it took
// and what can be said of it. It depends on now as Build does.
//
// In an attempt, records that a token or a session ties to it do not decide;
// among records that stand alone, all do.
func (s *Stitched) Flow(now time.Time, idle time.Duration) *audit.Flow {
	records, deciding := s.records()
	f := &audit.Flow{
		ID:              s.ID(),
		Org:             s.Org,
		RequestID:       s.RequestID(),
		UserID:          firstOf(records, query.UserID),
		UpstreamUserID:  firstOf(records, query.UpstreamUserID),
		ApplicationName: firstOf(records, query.ApplicationName),
		UpstreamIDP:     firstOf(records, query.UpstreamIDP),
		StartedAt:       records[0].Time,
		EndedAt:         records[len(records)-1].Time,
		LastStage:       stepOf(records[len(records)-1]).name,
		Revision:        1,
		Stages:          stagesOf(records),
		Records:         records,
		Links:           s.Links,
		Conflicts:       s.Conflicts,
		Sessions:        distinct(records, query.Session),
		Traces:          distinct(records, query.TraceID),
		Tokens:          distinct(records, query.TokenID),
		SourceIPs:       distinct(records, query.SourceIP),
		UserAgents:      distinct(records, query.UserAgent),
		Truncated:       s.Truncated,
	}
	end := decide(deciding)
	f.Outcome = end.outcome(now, f.EndedAt, idle)
	f.FailedStage = end.failedStage()
	f.Retries = len(end.retried)
	f.Shape = shapeOf(f.Stages, end.record == nil)
	f.Verdict = verdictOf(f, end)
	return f
}

// records returns the records in time order, and those of them that decide.
func (s *Stitched) records() (all, deciding []*audit.Record) {
	for _, link := range s.Links {
		all = append(all, link.Record)
		if s.Key.Via != audit.ViaRequest || link.Via == audit.ViaRequest || link.Via == audit.ViaTrace {
			deciding = append(deciding, link.Record)
		}
	}
	return all, deciding
}

// id hashes what identifies a flow: its org, and the id that holds it together,
// whose kind keeps a trace from passing for a request of the same text.
func id(org string, via audit.LinkVia, key string) string {
	var b []byte
	for _, part := range []string{org, string(via), key} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// ordered returns each record once, in time order.
func ordered(records []*audit.Record) []*audit.Record {
	sorted := slices.Clone(records)
	slices.SortFunc(sorted, compareRecords)
	return slices.CompactFunc(sorted, func(a, b *audit.Record) bool { return a.Key() == b.Key() })
}

// cut returns the first and the last half of too many records, and whether there
// are so many.
func cut(sorted []*audit.Record) (kept []*audit.Record, truncated bool) {
	const half = audit.MaxFlowRecords / 2
	if len(sorted) > audit.MaxFlowRecords {
		return slices.Concat(sorted[:half], sorted[len(sorted)-half:]), true
	}
	return sorted, len(sorted) == audit.MaxFlowRecords
}

func compareRecords(a, b *audit.Record) int {
	switch {
	case a.Less(b):
		return -1
	case b.Less(a):
		return 1
	}
	return 0
}

// valueOf returns a record's value of a field, empty when it has none.
func valueOf(r *audit.Record, field query.Field) string {
	value, _ := r.Get(field)
	return value
}

// firstOf returns the first value of a field that is not empty.
func firstOf(records []*audit.Record, field query.Field) string {
	for _, r := range records {
		if value := valueOf(r, field); value != "" {
			return value
		}
	}
	return ""
}

// distinct returns the different values of a field that are not empty, in order of appearance.
func distinct(records []*audit.Record, field query.Field) []string {
	var values []string
	seen := map[string]bool{}
	for _, r := range records {
		if value := valueOf(r, field); value != "" && !seen[value] {
			seen[value] = true
			values = append(values, value)
		}
	}
	return values
}
