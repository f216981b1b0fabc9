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

// Build puts the flow of one attempt together from its records: the auth records
// of the org that carry the request id, in any order, repeats allowed. It
// returns nil when there are none.
//
// The result depends on the set of records alone, and on now only to tell an
// attempt that is undecided and idle (ABANDONED) from one that is still going on.
func Build(org, requestID string, records []*audit.Record, now time.Time, idle time.Duration) *audit.Flow {
	kept, cut := canonical(records)
	if len(kept) == 0 {
		return nil
	}
	f := &audit.Flow{
		ID:              id(org, audit.ViaRequest, requestID),
		Org:             org,
		RequestID:       requestID,
		UserID:          firstOf(kept, query.UserID),
		UpstreamUserID:  firstOf(kept, query.UpstreamUserID),
		ApplicationName: firstOf(kept, query.ApplicationName),
		UpstreamIDP:     firstOf(kept, query.UpstreamIDP),
		StartedAt:       kept[0].Time,
		EndedAt:         kept[len(kept)-1].Time,
		LastStage:       stepOf(kept[len(kept)-1]).name,
		Revision:        1,
		Stages:          stagesOf(kept),
		Records:         kept,
		Links:           requestLinks(kept),
		Sessions:        distinct(kept, query.Session),
		Traces:          distinct(kept, query.TraceID),
		Tokens:          distinct(kept, query.TokenID),
		SourceIPs:       distinct(kept, query.SourceIP),
		UserAgents:      distinct(kept, query.UserAgent),
		Truncated:       cut,
	}
	end := decide(kept)
	f.Outcome = end.outcome(now, f.EndedAt, idle)
	f.FailedStage = end.failedStage()
	f.Retries = len(end.retried)
	f.Shape = shapeOf(f.Stages, end.record == nil)
	f.Verdict = verdictOf(f, end)
	return f
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

// canonical returns each record once, in time order, and whether there are so
// many that the flow is cut.
func canonical(records []*audit.Record) (kept []*audit.Record, cut bool) {
	sorted := slices.Clone(records)
	slices.SortFunc(sorted, compareRecords)
	sorted = slices.CompactFunc(sorted, func(a, b *audit.Record) bool { return a.Key() == b.Key() })
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

func requestLinks(records []*audit.Record) []audit.Link {
	links := make([]audit.Link, len(records))
	for i, r := range records {
		links[i] = audit.Link{Record: r, Via: audit.ViaRequest, Strength: audit.Certain}
	}
	return links
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
