package node

import (
	"context"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Session returns the session with a raw id, nil when there is none. Without an
// org it may be of any that the caller sees.
func (r *Reader) Session(ctx context.Context, id string, org *string) (*Session, error) {
	found, err := r.strand(ctx, query.Session, id, org)
	if found == nil {
		return nil, err
	}
	return &Session{*found}, nil
}

// Trace likewise returns a trace.
func (r *Reader) Trace(ctx context.Context, id string, org *string) (*Trace, error) {
	found, err := r.strand(ctx, query.TraceID, id, org)
	if found == nil {
		return nil, err
	}
	return &Trace{*found}, nil
}

func ambiguous(what string) error {
	return audit.Invalid("orgId", "several orgs have a %s with this id; say which org you mean", what)
}

// strand returns what an id ties together, nil when no record has it.
func (r *Reader) strand(ctx context.Context, field query.Field, id string, org *string) (*strand, error) {
	key := audit.LookupKey{AnyOrg: true, Value: id}
	if org != nil {
		key = audit.LookupKey{Org: *org, Value: id}
	}
	one := &strands{reader: r, field: field, keys: []audit.LookupKey{key}}
	l, err := one.lookup(ctx, audit.Kinds, audit.Order{}, audit.Window{Limit: 1})
	if err != nil || id == "" {
		return nil, err
	}
	pages, err := r.lookup(ctx, l)
	if err != nil || len(pages[0].Hits) == 0 {
		return nil, err
	}
	if key.AnyOrg {
		if key, err = r.onlyOrg(ctx, l, pages[0].Hits[0].Record.Org); err != nil {
			return nil, err
		}
	}
	return newStrands(r, field, []audit.LookupKey{key})[0], nil
}

// onlyOrg returns the key of the id in an org, if no other org has it.
func (r *Reader) onlyOrg(ctx context.Context, l audit.Lookup, org string) (audit.LookupKey, error) {
	anyOrg := l.Keys[0]
	inOrg := audit.LookupKey{Org: org, Value: anyOrg.Value}
	counts, err := r.Records.Count(ctx, []audit.Query{l.Query(anyOrg), l.Query(inOrg)})
	if err != nil {
		return inOrg, err
	}
	if counts[0] != counts[1] {
		return inOrg, ambiguous(map[query.Field]string{query.Session: "session", query.TraceID: "trace"}[l.Field])
	}
	return inOrg, nil
}
