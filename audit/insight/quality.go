package insight

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// QualityQuery asks how well records of a time can be correlated.
type QualityQuery struct {
	Scope audit.Scope
	// Where must hold of the auth records that are counted; and of the flows, as of
	// all their records together. nil for everything.
	Where query.Node
	// From and To are the time: of records from From until before To, and of flows
	// that began then. At most MaxQualityTime.
	From, To time.Time
}

// MaxQualityTime is the longest time that a QualityQuery may ask about.
const MaxQualityTime = 366 * 24 * time.Hour

// Validate checks what can be checked without counting, as audit.Query.Validate does.
func (q QualityQuery) Validate() error {
	switch {
	case q.From.IsZero() || q.To.IsZero():
		return audit.Invalid("time", "needs a beginning and an end")
	case !q.From.Before(q.To):
		return audit.Invalid("time", "must end after it begins")
	case q.To.Sub(q.From) > MaxQualityTime:
		return audit.Invalid("time", "must be at most %d days", MaxQualityTime/(24*time.Hour))
	}
	return q.Scope.Validate()
}

// query returns the query for what happened then.
func (q QualityQuery) query(kind audit.Kind, where ...query.Node) audit.Query {
	where = append([]query.Node{q.Where, query.TimeRange{From: q.From, To: q.To}}, where...)
	return audit.Query{Scope: q.Scope, Kinds: []audit.Kind{kind}, Where: query.AllOf(where...)}
}

// Quality says how well records can be correlated.
type Quality struct {
	From, To time.Time
	Coverage
	Stages []StageCoverage // in the order of the pipeline; others behind, most records first, ties by name
	// StagesLeftOut is set when there are more than MaxSteps event names, or as many
	// deprecated stages: those on the fewest records are missing then.
	StagesLeftOut bool
	Days          []DayCoverage // from the first day with a record to the last, those without any included

	Flows     int // flows that began in the time
	Orphans   Orphans
	Conflicts []ConflictCount // most flows first, ties by key, then reason
	ClockSkew ClockSkew
}

// ReadQuality says how well records can be correlated: how many auth records have
// which ids, counted among the events in four round trips; and what flows tell of
// ids that are missing or not followed, and of clocks.
func ReadQuality(ctx context.Context, flows Flows, events audit.Counter, q QualityQuery) (*Quality, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	quality := &Quality{From: q.From, To: q.To}
	if err := quality.readDays(ctx, events, q); err != nil {
		return nil, err
	}
	if err := quality.readStages(ctx, events, q); err != nil {
		return nil, err
	}
	c := newDoubtCount()
	if err := each(ctx, flows, q.query(audit.KindFlow), c.add); err != nil {
		return nil, err
	}
	c.report(quality)
	return quality, nil
}
