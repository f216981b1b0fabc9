package insight

import (
	"context"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// CorrelationID is a kind of id that records can be correlated by.
type CorrelationID string

// The ids, strongest first.
const (
	RequestID    CorrelationID = "REQUEST"
	TraceID      CorrelationID = "TRACE"
	TokenID      CorrelationID = "TOKEN"
	SessionID    CorrelationID = "SESSION"
	UserID       CorrelationID = "USER"
	UpstreamUser CorrelationID = "UPSTREAM_USER"
	SourceIP     CorrelationID = "SOURCE_IP"
)

// correlationIDs lists them, in the order in which they are reported.
var correlationIDs = [...]struct {
	id    CorrelationID
	field query.Field
}{
	{RequestID, query.RequestID},
	{TraceID, query.TraceID},
	{TokenID, query.TokenID},
	{SessionID, query.Session},
	{UserID, query.UserID},
	{UpstreamUser, query.UpstreamUserID},
	{SourceIP, query.SourceIP},
}

// Coverage is how many of some auth records have which ids.
type Coverage struct {
	Records int          // how many records there are
	IDs     []IDCoverage // one for each CorrelationID, strongest first
}

// IDCoverage is how many of some records have an id.
type IDCoverage struct {
	ID      CorrelationID
	Records int     // how many have it
	Share   float64 // of all of them, from 0 to 1; 0 where there are none
}

// StageCoverage is the coverage of the records at one stage.
type StageCoverage struct {
	EventName string // or the deprecated stage, where there is none; empty where there is neither
	Coverage
}

// DayCoverage is the coverage of the records of one day.
type DayCoverage struct {
	Day time.Time // when it begins, UTC
	Coverage
}

// coverageOf puts a coverage together from how many records have each id, in the
// order of correlationIDs.
func coverageOf(records int, having []int) Coverage {
	c := Coverage{Records: records, IDs: make([]IDCoverage, len(correlationIDs))}
	for i, id := range correlationIDs {
		c.IDs[i] = IDCoverage{ID: id.id, Records: having[i], Share: share(having[i], records)}
	}
	return c
}

const day = 24 * time.Hour

// readDays counts the records of each day, and of all, in one round trip.
func (quality *Quality) readDays(ctx context.Context, events audit.Counter, q QualityQuery) error {
	requests := []audit.HistogramRequest{{Query: q.query(audit.KindAuth), Interval: day}}
	for _, id := range correlationIDs {
		requests = append(requests, audit.HistogramRequest{Query: q.query(audit.KindAuth, query.Has{Field: id.field}), Interval: day})
	}
	counted, err := events.Histograms(ctx, requests)
	if err != nil {
		return fmt.Errorf("count ids by day: %w", err)
	}
	having := make([]map[int64]int, len(correlationIDs)) // by the second in which the day begins
	all, total := 0, make([]int, len(correlationIDs))
	for i, buckets := range counted[1:] {
		having[i] = make(map[int64]int, len(buckets))
		for _, bucket := range buckets {
			having[i][bucket.Start.Unix()] = bucket.Count
			total[i] += bucket.Count
		}
	}
	for _, bucket := range counted[0] {
		ofDay := make([]int, len(correlationIDs))
		for i := range ofDay {
			ofDay[i] = having[i][bucket.Start.Unix()]
		}
		all += bucket.Count
		quality.Days = append(quality.Days, DayCoverage{Day: bucket.Start, Coverage: coverageOf(bucket.Count, ofDay)})
	}
	quality.Coverage = coverageOf(all, total)
	return nil
}
