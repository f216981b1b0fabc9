package graph

import (
	"fmt"
	"maps"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/model"
)

// flowFields are the fields of the members of a LoginFlowFilter.
var flowFields = func() map[string]query.Field {
	fields := maps.Clone(model.FieldByName)
	maps.Copy(fields, map[string]query.Field{
		"outcome":     query.FlowOutcome,
		"lastStage":   query.FlowLastStage,
		"failedStage": query.FlowFailedStage,
		"stage":       query.FlowStage,
		"shape":       query.FlowShape,
		"durationMs":  query.FlowDurationMS,
		"retries":     query.FlowRetries,
	})
	return fields
}()

// flowParts are the fields that the values of `missing` stand for.
var flowParts = map[model.LoginFlowPart]query.Field{
	model.LoginFlowPartSession:      query.Session,
	model.LoginFlowPartToken:        query.TokenID,
	model.LoginFlowPartUser:         query.UserID,
	model.LoginFlowPartUpstreamUser: query.UpstreamUserID,
	model.LoginFlowPartTrace:        query.TraceID,
	model.LoginFlowPartApplication:  query.ApplicationName,
	model.LoginFlowPartUpstreamIDP:  query.UpstreamIDP,
	model.LoginFlowPartSourceIP:     query.SourceIP,
	model.LoginFlowPartUserAgent:    query.UserAgent,
}

// flowFilter returns the node of a LoginFlowFilter.
func flowFilter(filter map[string]any, now time.Time) (query.Node, error) {
	f := filters{now: now, fields: flowFields, times: map[string]query.Field{"startedAt": "", "endedAt": query.FlowEndedAt}}
	return f.node("filter", filter, 1)
}

// flowMember returns the node of a member that only a LoginFlowFilter has.
func (f *filters) flowMember(path, name string, value any) (query.Node, error) {
	switch value := value.(type) {
	case *model.OutcomeFilter:
		if value == nil {
			return nil, nil
		}
		return f.text(path, f.fields[name], outcomeText(*value))
	case *model.NumberFilter:
		if value == nil || value.Gte == nil && value.Lt == nil {
			return nil, nil
		}
		return query.NumberRange{Field: f.fields[name], Min: wide(value.Gte), Max: wide(value.Lt)}, f.count(path, 1)
	case []model.LoginFlowPart:
		var all []query.Node
		for _, part := range value {
			all = append(all, query.Not{Node: query.Has{Field: flowParts[part]}})
		}
		return query.AllOf(all...), f.count(path, len(value))
	}
	return nil, fmt.Errorf("filter member %s has the type %T", path, value)
}

// outcomeText is the filter of an outcome as one of a string.
func outcomeText(want model.OutcomeFilter) model.StringFilter {
	text := model.StringFilter{In: outcomeNames(want.In), NotIn: outcomeNames(want.NotIn)}
	if want.Eq != nil {
		name := string(*want.Eq)
		text.Eq = &name
	}
	return text
}

func outcomeNames(outcomes []audit.FlowOutcome) []string {
	if outcomes == nil {
		return nil
	}
	names := make([]string, len(outcomes))
	for i, outcome := range outcomes {
		names[i] = string(outcome)
	}
	return names
}

func wide(n *int32) *int64 {
	if n == nil {
		return nil
	}
	number := int64(*n)
	return &number
}
