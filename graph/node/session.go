package node

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Session is all that happened under one session id.
type Session struct{ strand }

// IsNode implements Node.
func (Session) IsNode() {}

// ID is the global id.
func (s Session) ID() string {
	return globalID{kind: sessionID, org: s.key().Org, id: s.key().Value}.String()
}

// SessionID is the raw id.
func (s Session) SessionID() string { return s.key().Value }

// StartedAt is the time of the first record.
func (s Session) StartedAt(ctx context.Context) (time.Time, error) {
	return s.edge(ctx, audit.Order{Ascending: true})
}

// EndedAt is the time of the last record.
func (s Session) EndedAt(ctx context.Context) (time.Time, error) {
	return s.edge(ctx, audit.Order{})
}

// TokenIDs are the tokens that the records name.
func (s Session) TokenIDs(ctx context.Context) ([]string, error) {
	counted, err := s.group.values(ctx, audit.Kinds, query.TokenID)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, token := range counted[s.at] {
		if token.Value != "" {
			ids = append(ids, token.Value)
		}
	}
	return ids, nil
}
