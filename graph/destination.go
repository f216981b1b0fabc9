package graph

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/model"
	"github.com/authtrail/authtrail/graph/node"
)

// AuditDestinations lists destinations.
func (r queryResolver) AuditDestinations(
	ctx context.Context, filter *model.AuditDestinationFilter, first *int32, after *string, last *int32, before *string,
) (*node.AuditDestinationConnection, error) {
	scope, err := node.ScopeOf(ctx)
	if err != nil {
		return nil, err
	}
	q := destination.Query{Scope: scope}
	if filter != nil {
		var some bool
		if q, some = destinationQuery(q, *filter); !some {
			return &node.AuditDestinationConnection{}, nil
		}
	}
	return node.AuditDestinations(ctx, r.reader, q, node.PageArgs{First: first, After: after, Last: last, Before: before})
}

// destinationQuery adds a filter to a query, and reports whether it can find anything.
func destinationQuery(q destination.Query, filter model.AuditDestinationFilter) (_ destination.Query, some bool) {
	if filter.OrgID != nil {
		in, ok := q.Scope.Narrow(*filter.OrgID)
		if !ok {
			return q, false
		}
		q.Scope = in
	}
	if filter.DestinationType != nil {
		q.Type = inSmall(string(*filter.DestinationType))
	}
	if filter.Name != nil {
		if q.Name = *filter.Name; q.Name == "" {
			return q, false // which none has
		}
	}
	q.External, q.Search = filter.External, filter.Search
	return q, true
}

// AuditDestinationDryRun says what a destination would have been sent.
func (r queryResolver) AuditDestinationDryRun(
	ctx context.Context, input model.AuditDestinationDryRunInput,
) (*destination.DryRunReport, error) {
	within, err := r.timeWithin(input.From, input.To)
	if err != nil {
		return nil, inInput(err)
	}
	var of destination.Destination
	switch {
	case (input.ID == nil) == (input.Spec == nil):
		return nil, audit.Invalid("input", "give either id or spec")
	case input.ID != nil:
		of, err = r.owned(ctx, *input.ID)
	default:
		if of, err = draftOf(ctx, input.Spec, nil); err == nil {
			of, err = r.reader.Destinations.Sketch(of)
		}
	}
	if err != nil {
		return nil, inInput(err)
	}
	report, err := r.reader.Deliverer.DryRun(ctx, of, within)
	if err != nil {
		return nil, inInput(err)
	}
	return &report, nil
}

// owned returns a destination that the caller may manage.
func (r *resolver) owned(ctx context.Context, id string) (destination.Destination, error) {
	principal := audit.PrincipalFrom(ctx)
	if err := destination.OwnersOnly(principal); err != nil {
		return destination.Destination{}, err
	}
	return r.reader.Destination(ctx, id, principal.Scope())
}

// timeWithin reads the dates of an input.
func (r *resolver) timeWithin(from, to string) (within destination.TimeRange, err error) {
	now := r.reader.Now()
	for _, date := range []struct {
		name, text string
		at         *time.Time
	}{{"from", from, &within.From}, {"to", to, &within.To}} {
		if *date.at, err = query.ParseTime(date.text, now); err != nil {
			return within, audit.Invalid(date.name, "%s", err)
		}
	}
	if !within.To.After(within.From) {
		return within, audit.Invalid("to", "must be after from")
	}
	return within, nil
}

// inInput is an error about an input as one about the argument that holds it.
func inInput(err error) error {
	known := *audit.AsError(err)
	if known.Field == "" {
		return err
	}
	known.Field = "input." + fieldOfInput(known.Field)
	return &known
}
