package graph

import (
	"context"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/correlate"
	"github.com/authtrail/authtrail/graph/model"
	"github.com/authtrail/authtrail/graph/node"
)

// Correlate finds what an id leads to.
func (r queryResolver) Correlate(ctx context.Context, by model.CorrelationKey, orgID *string, maxHops *int32) (*node.Correlation, error) {
	scope, err := node.ScopeOf(ctx)
	if err != nil {
		return nil, err
	}
	key, err := correlationKey(by)
	if err != nil {
		return nil, err
	}
	if key.AnyOrg = orgID == nil; orgID != nil {
		key.Org = *orgID
	}
	options := correlate.Options{MaxHops: correlate.DefaultHops}
	if maxHops != nil {
		options.MaxHops = int(*maxHops)
	}
	found, err := correlate.Correlate(ctx, r.reader.Records, scope, key, options)
	if err != nil {
		return nil, err
	}
	return node.CorrelationOf(r.reader, found), nil
}

// correlationKey returns the one member that is set. Nothing else checks that of an
// input which comes as a variable.
func correlationKey(by model.CorrelationKey) (correlate.Key, error) {
	var keys []correlate.Key
	for _, member := range []struct {
		kind  correlate.Kind
		value *string
	}{
		{correlate.Session, by.Session}, {correlate.Trace, by.TraceID}, {correlate.Request, by.RequestID}, {correlate.Token, by.TokenID},
		{correlate.Record, by.RecordID}, {correlate.SourceIP, by.SourceIP}, {correlate.User, by.UserID},
	} {
		if member.value != nil {
			keys = append(keys, correlate.Key{Kind: member.kind, Value: *member.value})
		}
	}
	if len(keys) != 1 {
		return correlate.Key{}, audit.Invalid("by", "must have exactly one member, and has %d", len(keys))
	}
	return keys[0], nil
}
