package node

import (
	"context"
	"fmt"
	"slices"
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

// Attempts are the login flows that have records in the session.
func (s Session) Attempts(
	ctx context.Context, first *int32, after *string, last *int32, before *string,
) (*LoginFlowConnection, error) {
	args := PageArgs{first, after, last, before}
	window, err := args.FlowWindow(attemptOrder)
	if err != nil {
		return nil, err
	}
	lists := shared(&s.group.memo, fmt.Sprintf("attempts by %s", args), func() *flowLists {
		return &flowLists{
			reader: s.group.reader,
			order:  attemptOrder,
			load: func(ctx context.Context) ([]audit.FlowPage, error) {
				attempts, err := s.group.attempts(ctx)
				if err != nil {
					return nil, err
				}
				return pagesOf(attempts, window), nil
			},
			each: func(ctx context.Context, at int, yield func(*audit.Flow) bool) error {
				attempts, err := s.group.attempts(ctx)
				if err == nil {
					slices.Values(attempts[at])(yield)
				}
				return err
			},
		}
	})
	return &LoginFlowConnection{lists: lists, at: s.at}, nil
}

var attemptOrder = audit.FlowOrder{Ascending: true}

// attempts returns the login flows of each session, oldest first.
func (s *strands) attempts(ctx context.Context) ([][]*audit.Flow, error) {
	return once(&s.memo, "attempts", func() ([][]*audit.Flow, error) {
		requests, err := s.values(ctx, []audit.Kind{audit.KindAuth}, query.RequestID)
		if err != nil {
			return nil, err
		}
		var keys []audit.FlowKey
		for i, ofSession := range requests {
			if len(ofSession) >= audit.MaxFacetSize {
				return nil, &audit.Error{Code: audit.TooComplex, Message: fmt.Sprintf("session %q has %d attempts or more; "+
					"ask loginFlows(filter: {session: {eq: …}}) for them", s.keys[i].Value, audit.MaxFacetSize)}
			}
			for _, request := range ofSession {
				keys = append(keys, audit.FlowKey{Org: s.keys[i].Org, RequestID: request.Value})
			}
		}
		found, err := s.reader.flows(ctx, keys)
		if err != nil {
			return nil, err
		}
		return inOrder(requests, found), nil
	})
}

// inOrder deals the flows out to the sessions that asked for them, and sorts each hand.
func inOrder(requests [][]audit.ValueCount, found []*audit.Flow) [][]*audit.Flow {
	attempts := make([][]*audit.Flow, len(requests))
	for i := range requests {
		hand := found[:len(requests[i])]
		found = found[len(requests[i]):]
		for _, flow := range hand {
			if flow != nil {
				attempts[i] = append(attempts[i], flow)
			}
		}
		slices.SortFunc(attempts[i], func(a, b *audit.Flow) int {
			return attemptOrder.CursorAt(a).Compare(attemptOrder.CursorAt(b))
		})
	}
	return attempts
}
