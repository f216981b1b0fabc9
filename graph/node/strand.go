package node

import (
	"context"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// strands are the ids of one kind that were asked for together.
type strands struct {
	reader *Reader
	field  query.Field
	keys   []audit.LookupKey
	memo   memo
}

// strand is one of them: what one id ties together.
type strand struct {
	group *strands
	at    int
}

func newStrands(reader *Reader, field query.Field, keys []audit.LookupKey) []*strand {
	group := &strands{reader: reader, field: field, keys: keys}
	all := make([]*strand, len(keys))
	for i := range keys {
		all[i] = &strand{group: group, at: i}
	}
	return all
}

func (s strand) key() audit.LookupKey { return s.group.keys[s.at] }

// OrgID is the org of the id.
func (s strand) OrgID() string { return s.key().Org }

// Records are the authentication audits of the id.
func (s strand) Records(
	ctx context.Context, first *int32, after *string, last *int32, before *string,
) (*AuthAuditConnection, error) {
	lists, err := s.group.lists(ctx, audit.KindAuth, PageArgs{first, after, last, before})
	return connectionOf(lists, s.at, authAudit), err
}

// Audits are the API audits of the id.
func (s strand) Audits(
	ctx context.Context, first *int32, after *string, last *int32, before *string,
) (*AuditConnection, error) {
	lists, err := s.group.lists(ctx, audit.KindAPI, PageArgs{first, after, last, before})
	return connectionOf(lists, s.at, apiAudit), err
}

// Events are the generic events of the id.
func (s strand) Events(
	ctx context.Context, first *int32, after *string, last *int32, before *string,
) (*EventConnection, error) {
	lists, err := s.group.lists(ctx, audit.KindGeneric, PageArgs{first, after, last, before})
	return connectionOf(lists, s.at, event), err
}

// LoginFlows are the login flows that have records with the id.
func (s strand) LoginFlows(
	ctx context.Context, first *int32, after *string, last *int32, before *string,
) (*LoginFlowConnection, error) {
	lists, err := s.group.lists(ctx, audit.KindFlow, PageArgs{first, after, last, before})
	return connectionOf(lists, s.at, loginFlow), err
}

// lists returns the lists of one kind that the strands have, paged alike.
func (s *strands) lists(ctx context.Context, kind audit.Kind, args PageArgs) (*lists, error) {
	wantPosition := selects(ctx, "position") // a list that was read before its position was asked for cannot have it
	key := fmt.Sprintf("%s by %s, position %t", kind, args, wantPosition)
	return once(&s.memo, key, func() (*lists, error) {
		window, err := args.Window()
		if err != nil {
			return nil, err
		}
		l, err := s.lookup(ctx, []audit.Kind{kind}, audit.Order{Ascending: true}, window)
		if err != nil {
			return nil, err
		}
		l.PageBytes = pageBytes(len(s.keys))
		return &lists{
			reader:       s.reader,
			kind:         kind,
			queries:      s.queries(l),
			load:         func(ctx context.Context) ([]audit.Page, error) { return s.reader.lookup(ctx, l) },
			wantPosition: wantPosition,
		}, nil
	})
}

func (s *strands) lookup(
	ctx context.Context, kinds []audit.Kind, order audit.Order, window audit.Window,
) (audit.Lookup, error) {
	scope, err := ScopeOf(ctx)
	if err != nil {
		return audit.Lookup{}, err
	}
	l := audit.Lookup{Scope: scope, Kinds: kinds, Field: s.field, Keys: s.keys, Order: order, Window: window}
	one := l
	one.Keys = nil // any number of them is looked up in parts
	return l, one.Validate()
}

func (s *strands) queries(l audit.Lookup) []audit.Query {
	queries := make([]audit.Query, len(s.keys))
	for i, key := range s.keys {
		queries[i] = l.Query(key)
	}
	return queries
}

// edge returns the time of the first or the last record of any kind.
func (s strand) edge(ctx context.Context, order audit.Order) (time.Time, error) {
	pages, err := once(&s.group.memo, order, func() ([]audit.Page, error) {
		l, err := s.group.lookup(ctx, audit.Kinds, order, audit.Window{Limit: 1})
		if err != nil {
			return nil, err
		}
		return s.group.reader.lookup(ctx, l)
	})
	if err != nil {
		return time.Time{}, err
	}
	if len(pages[s.at].Hits) == 0 {
		return time.Time{}, &audit.Error{Code: audit.Unavailable, Message: "its records were removed meanwhile"}
	}
	return pages[s.at].Hits[0].Record.Time, nil
}

// values returns the different values that a field has in the records of each
// strand, at most audit.MaxFacetSize.
func (s *strands) values(ctx context.Context, kinds []audit.Kind, field query.Field) ([][]audit.ValueCount, error) {
	return once(&s.memo, field, func() ([][]audit.ValueCount, error) {
		l, err := s.lookup(ctx, kinds, audit.Order{}, audit.Window{Limit: 1})
		if err != nil {
			return nil, err
		}
		requests := make([]audit.FacetRequest, len(s.keys))
		for i, q := range s.queries(l) {
			requests[i] = audit.FacetRequest{Query: q, Field: field, Size: audit.MaxFacetSize}
		}
		return s.reader.Records.Facets(ctx, requests)
	})
}
