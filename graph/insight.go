package graph

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/insight"
	"github.com/authtrail/authtrail/graph/model"
	"github.com/authtrail/authtrail/graph/node"
)

// LoginFunnel counts how far login flows get.
func (r queryResolver) LoginFunnel(
	ctx context.Context, filter map[string]any, search *string, by *insight.Split, groups *int32,
) (*insight.Funnel, error) {
	q, err := r.everyFlow(ctx, filter, search)
	if err != nil {
		return nil, err
	}
	limit, err := between("groups", groups, 10, insight.MaxGroups)
	if err != nil {
		return nil, err
	}
	split := insight.Whole
	if by != nil {
		split = *by
	}
	return insight.ReadFunnel(ctx, r.reader.Flows, q, split, limit)
}

// LoginFlowShapes counts the different ways that login flows go.
func (r queryResolver) LoginFlowShapes(ctx context.Context, filter map[string]any, search *string, first *int32) (*node.Shapes, error) {
	q, err := r.everyFlow(ctx, filter, search)
	if err != nil {
		return nil, err
	}
	limit, err := between("first", first, node.DefaultPageSize, insight.MaxShapes)
	if err != nil {
		return nil, err
	}
	shapes, err := insight.ReadShapes(ctx, r.reader.Flows, q, limit)
	if err != nil {
		return nil, err
	}
	return node.ShapesOf(r.reader, shapes), nil
}

// everyFlow returns the query for all flows that match.
func (r *resolver) everyFlow(ctx context.Context, filter map[string]any, search *string) (audit.Query, error) {
	q, _, err := r.queryFrom(ctx, audit.KindFlow, filter, search, audit.Order{}, node.PageArgs{})
	return q, err
}

// between returns a number from 1 to the most there may be.
func between(name string, given *int32, otherwise, most int) (int, error) {
	if given == nil {
		return otherwise, nil
	}
	if n := int(*given); n < 1 || n > most {
		return 0, audit.Invalid(name, "must be from 1 to %d", most)
	}
	return int(*given), nil
}

// CompareLoginFlows compares two login flows.
func (r queryResolver) CompareLoginFlows(ctx context.Context, a string, b, orgID *string) (*node.Comparison, error) {
	return r.reader.Compare(ctx, a, b, orgID)
}

// qualityTime is how long a time is looked at unless told.
const qualityTime = 30 * 24 * time.Hour

// CorrelationQuality says how well records can be tied together.
func (r queryResolver) CorrelationQuality(
	ctx context.Context, timeRange *model.TimeFilter, filter map[string]any, search *string,
) (*node.Quality, error) {
	scope, err := node.ScopeOf(ctx)
	if err != nil {
		return nil, err
	}
	where, _, err := r.conditions(audit.KindAuth, filter, search)
	if err != nil {
		return nil, err
	}
	q := insight.QualityQuery{Scope: scope, Where: where}
	if q.From, q.To, err = r.timeRange("time", timeRange, qualityTime); err != nil {
		return nil, err
	}
	quality, err := insight.ReadQuality(ctx, r.reader.Flows, r.reader.Records, q)
	if err != nil {
		return nil, err
	}
	return node.QualityOf(r.reader, quality), nil
}

// timeRange returns the bounds of an argument: to now, and for so long, unless told.
func (r *resolver) timeRange(path string, want *model.TimeFilter, length time.Duration) (from, to time.Time, err error) {
	if want != nil {
		if from, to, err = (&filters{now: r.reader.Now()}).timeRange(path, *want); err != nil {
			return from, to, err
		}
	}
	if to.IsZero() {
		to = r.reader.Now()
	}
	if from.IsZero() {
		from = to.Add(-length)
	}
	return from.UTC(), to.UTC(), nil
}
