package graph

import (
	"context"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/graph/model"
	"github.com/authtrail/authtrail/graph/node"
)

// CreateAuditDestination creates a destination.
func (r mutationResolver) CreateAuditDestination(ctx context.Context, input model.CreateAuditDestinationInput) (*node.DestinationPayload, error) {
	draft, err := draftOf(ctx, input.Spec, nil)
	if err != nil {
		return r.destination(draft, err)
	}
	return r.destination(r.reader.Destinations.Create(ctx, draft))
}

// ReplaceAuditDestination replaces a destination.
func (r mutationResolver) ReplaceAuditDestination(ctx context.Context, input model.ReplaceAuditDestinationInput) (*node.DestinationPayload, error) {
	old, err := r.owned(ctx, input.ID)
	if err != nil {
		return r.destination(destination.Destination{}, err)
	}
	draft, err := draftOf(ctx, input.Spec, input.Updated)
	if err != nil {
		return r.destination(destination.Destination{}, err)
	}
	return r.destination(r.reader.Destinations.Replace(ctx, audit.Orgs(old.Spec.OrgID), old.ID, draft))
}

// DeleteAuditDestination deletes a destination.
func (r mutationResolver) DeleteAuditDestination(ctx context.Context, input model.DeleteAuditDestinationInput) (*model.DeleteAuditDestinationPayload, error) {
	old, err := r.owned(ctx, input.ID)
	if err == nil {
		err = r.reader.Destinations.Delete(ctx, audit.Orgs(old.Spec.OrgID), old.ID)
	}
	if err != nil {
		mend, err := userErrors(err)
		return &model.DeleteAuditDestinationPayload{UserErrors: mend}, err
	}
	return &model.DeleteAuditDestinationPayload{DeletedID: &input.ID}, nil
}

// TestAuditDestination sends a marked event.
func (r mutationResolver) TestAuditDestination(ctx context.Context, input model.TestAuditDestinationInput) (*model.TestAuditDestinationPayload, error) {
	of, err := r.owned(ctx, input.ID)
	var report destination.TestReport
	if err == nil {
		report, err = r.reader.Deliverer.Test(ctx, of)
	}
	if err != nil {
		mend, err := userErrors(err)
		return &model.TestAuditDestinationPayload{UserErrors: mend}, err
	}
	result := &model.AuditDestinationTestResult{Accepted: report.Accepted, Message: report.Message,
		DurationMs: model.MillisOf(report.Duration), EventID: report.EventID}
	if report.Status != 0 {
		status := int32(report.Status)
		result.Status = &status
	}
	return &model.TestAuditDestinationPayload{Result: result}, nil
}

// ReplayAuditDestination has the events of a time sent again.
func (r mutationResolver) ReplayAuditDestination(ctx context.Context, input model.ReplayAuditDestinationInput) (*node.ReplayPayload, error) {
	of, err := r.owned(ctx, input.ID)
	var within destination.TimeRange
	if err == nil {
		within, err = r.timeWithin(input.From, input.To)
	}
	var replay destination.Replay
	if err == nil {
		replay, err = r.reader.Deliverer.Replay(ctx, of, within)
	}
	if err != nil {
		mend, err := userErrors(err)
		return &node.ReplayPayload{UserErrors: mend}, err
	}
	return &node.ReplayPayload{Replay: node.ReplayOf(&replay)}, nil
}

// ResumeAuditDestination goes on with a delivery that was paused.
func (r mutationResolver) ResumeAuditDestination(ctx context.Context, input model.ResumeAuditDestinationInput) (*node.DestinationPayload, error) {
	of, err := r.owned(ctx, input.ID)
	if err == nil {
		err = r.reader.Deliverer.Resume(ctx, of)
	}
	return r.destination(of, err)
}

// destination answers with a destination, which beside an error is the one that is in
// the way.
func (r *resolver) destination(d destination.Destination, err error) (*node.DestinationPayload, error) {
	mend, err := userErrors(err)
	payload := &node.DestinationPayload{UserErrors: mend}
	if d.ID != "" && (mend == nil || mend[0].Code == string(audit.Conflict)) {
		payload.AuditDestination = node.DestinationOf(r.reader, d)
	}
	return payload, err
}

// userErrors returns what the caller can mend of an error, or else the error.
func userErrors(err error) ([]model.UserError, error) {
	if err == nil {
		return nil, nil
	}
	known := audit.AsError(err)
	switch known.Code {
	case audit.BadUserInput, audit.Conflict, audit.NotFound:
	default:
		return nil, inInput(err)
	}
	mend := model.UserError{Message: known.Message, Code: string(known.Code)}
	if field := fieldOfInput(known.Field); field != "" {
		mend.Field = &field
	}
	return []model.UserError{mend}, nil
}
