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

// Flow says what the records of a flow come to: how it ended, which path it took
// and what can be said of it. The result depends on the set of records, and on now
// only to tell an attempt that is undecided and idle (ABANDONED) from one that is
// still going on.
//
// In an attempt, records that a token or a session ties to it do not decide;
// among records that stand alone, all do.
func (s *Stitched) Flow(now time.Time, idle time.Duration) *audit.Flow {
	f, end := s.summary()
	f.Revision = 1
	if end.record == nil {
		f.Outcome = undecidedOutcome(now, f.EndedAt, idle)
	}
	f.Verdict = verdictOf(f, end)
	return f
}

// summary says of a flow what does not depend on the clock: all but the verdict,
// and the outcome of one that nothing decides, which is empty.
func (s *Stitched) summary() (*audit.Flow, ending) {
	records, deciding := s.records()
	end := decide(deciding)
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
		Outcome:         end.decided,
		LastStage:       stepOf(records[len(records)-1]).name,
		FailedStage:     end.failedStage(),
		Retries:         len(end.retried),
		MFA:             end.askedForMFA(),
		FormerIDs:       s.formerIDs(),
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
	f.Shape = shapeOf(f.Stages, end.record == nil)
	return f, end
}

// records returns the records in time order, and those of them that decide. Where
// none of these is left, since the attempt was cut, the others have to do.
func (s *Stitched) records() (all, deciding []*audit.Record) {
	all = make([]*audit.Record, len(s.Links))
	deciding = make([]*audit.Record, 0, len(s.Links))
	for i, link := range s.Links {
		all[i] = link.Record
		if s.Key.Via != audit.ViaRequest || link.Via == audit.ViaRequest || link.Via == audit.ViaTrace {
			deciding = append(deciding, link.Record)
		}
	}
	if len(deciding) == 0 {
		return all, all
	}
	return all, deciding
}

// formerIDs returns the other ids under which records of the flow may have stood
// alone, in the order of the records.
func (s *Stitched) formerIDs() []string {
	var ids []string
	seen := map[Key]bool{s.Key: true}
	for _, link := range s.Links {
		for _, key := range AloneKeys(link.Record) {
			if !seen[key] {
				seen[key] = true
				ids = append(ids, key.FlowID(s.Org))
			}
		}
	}
	return ids
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
	sortRecords(sorted)
	return compactRecords(sorted)
}

func sortRecords(records []*audit.Record) { slices.SortFunc(records, (*audit.Record).Compare) }

func compactRecords(sorted []*audit.Record) []*audit.Record {
	return slices.CompactFunc(sorted, func(a, b *audit.Record) bool { return a.Key() == b.Key() })
}

// fitting returns the records that a flow holds, and whether these are not all: of too
// many, or of more events than a flow holds, those in the middle are left out.
func fitting(sorted []*audit.Record) (kept []*audit.Record, truncated bool) {
	kept, truncated = cut(sorted)
	var size int
	for _, r := range kept {
		size += len(r.Raw)
	}
	if size <= audit.MaxFlowBytes {
		return kept, truncated
	}
	first, last := len(kept)-len(kept)/2, len(kept)/2
	for size > audit.MaxFlowBytes {
		if first > last {
			first--
			size -= len(kept[first].Raw)
		} else {
			size -= len(kept[len(kept)-last].Raw)
			last--
		}
	}
	return slices.Concat(kept[:first], kept[len(kept)-last:]), true
}

// cut returns the first and the last half of too many records, and
// whether there are so many.
func cut(sorted []*audit.Record) (kept []*audit.Record, truncated bool) {
	const half = audit.MaxFlowRecords / 2
	if len(sorted) > audit.MaxFlowRecords {
		return slices.Concat(sorted[:half], sorted[len(sorted)-half:]), true
	}
	return sorted, false
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

// fewValues are so few that going through them is quicker than a map.
const fewValues = 16

// distinct returns the different values of a field that are not empty, in order of appearance.
func distinct(records []*audit.Record, field query.Field) []string {
	var values []string
	var seen map[string]bool
	for _, r := range records {
		value := valueOf(r, field)
		switch {
		case value == "", len(values) < fewValues && slices.Contains(values, value), seen[value]:
			continue
		case len(values) == fewValues:
			seen = map[string]bool{}
			for _, known := range values {
				seen[known] = true
			}
			if seen[value] {
				continue
			}
		}
		if values = append(values, value); seen != nil {
			seen[value] = true
		}
	}
	return values
}
