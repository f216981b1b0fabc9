package graph

import (
	"fmt"
	"maps"
	"time"

	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/graph/model"
)

// flowFields are the fields of the members of a LoginFlowFilter.
var flowFields = func() map[string]query.Field {
	fields := maps.Clone(model.FieldByName)
	maps.Copy(fields, map[string]query.Field{
		"recordId":    query.FlowRecordID,
		"outcome":     query.FlowOutcome,
		"lastStage":   query.FlowLastStage,
		"failedStage": query.FlowFailedStage,
		"stage":       query.FlowStage,
		"shape":       query.FlowShape,
		"durationMs":  query.FlowDurationMS,
		"retries":     query.FlowRetries,
		"via":         query.FlowVia,
		"conflict":    query.FlowConflict,
	})
	return fields
}()

// flowParts are the fields that the values of `missing` stand for.
var flowParts = map[model.LoginFlowPart]query.Field{
	model.LoginFlowPartRequest:      query.RequestID,
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
		return f.text(path, f.fields[name], enumText(value.Eq, value.In, value.NotIn))
	case *model.LoginFlowLinkViaFilter:
		if value == nil {
			return nil, nil
		}
		return f.text(path, f.fields[name], enumText(value.Eq, value.In, value.NotIn))
	case *bool: // closed
		if value == nil {
			return nil, nil
		}
		return exists(query.FlowOpen, negated(*value)), f.count(path, 1)
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

func negated(b bool) *bool {
	b = !b
	return &b
}

// enumText is the filter of an enum as one of a string.
func enumText[T ~string](eq *T, in, notIn []T) model.StringFilter {
	text := model.StringFilter{In: names(in), NotIn: names(notIn)}
	if eq != nil {
		name := string(*eq)
		text.Eq = &name
	}
	return text
}

// names returns the names of enum values; nil where no list was given.
func names[T ~string](values []T) []string {
	if values == nil {
		return nil
	}
	names := make([]string, len(values))
	for i, value := range values {
		names[i] = string(value)
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
