package graph

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit/detect"
	"github.com/authtrail/authtrail/graph/model"
	"github.com/authtrail/authtrail/graph/node"
)

// detectionTime is how long a time is looked at unless told.
const detectionTime = 24 * time.Hour

// Detections finds what looks like an attack.
func (r queryResolver) Detections(ctx context.Context, filter *model.DetectionFilter, first *int32) (*node.Detections, error) {
	scope, err := node.ScopeOf(ctx)
	if err != nil {
		return nil, err
	}
	request := detect.Request{Scope: scope}
	if request.Limit, err = between("first", first, node.DefaultPageSize, detect.MaxDetections); err != nil {
		return nil, err
	}
	if filter == nil {
		filter = &model.DetectionFilter{}
	}
	request.Rules = filter.Rules
	if request.From, request.To, err = r.timeRange("filter.time", filter.Time, detectionTime); err != nil {
		return nil, err
	}
	if filter.OrgID != nil {
		var mayBeSeen bool
		if request.Scope, mayBeSeen = scope.Narrow(*filter.OrgID); !mayBeSeen {
			return node.DetectionsOf(r.reader, detect.Report{From: request.From, To: request.To}), nil
		}
	}
	report, err := detect.Detector{Flows: r.reader.Flows, Records: r.reader.Records}.Detect(ctx, request)
	if err != nil {
		return nil, err
	}
	return node.DetectionsOf(r.reader, report), nil
}

// DetectionRules lists the rules.
func (r queryResolver) DetectionRules(ctx context.Context) ([]node.DetectionRule, error) {
	if _, err := node.ScopeOf(ctx); err != nil {
		return nil, err
	}
	return node.DetectionRules(), nil
}
