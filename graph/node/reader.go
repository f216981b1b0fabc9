package node

import (
	"context"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Records is what nodes need of a store.
type Records interface {
	audit.Searcher
	audit.Looker
	audit.Counter
	audit.Feed
}

// Reader is where nodes are read from.
type Reader struct {
	Records Records
	Flows   audit.FlowReader
	Now     func() time.Time
}

// ScopeOf returns whose records the caller may read. It is the one place where
// the principal enters what GraphQL reads.
func ScopeOf(ctx context.Context) (audit.Scope, error) {
	principal := audit.PrincipalFrom(ctx)
	if principal.Role < audit.RoleViewer {
		return audit.Scope{}, &audit.Error{Code: audit.Forbidden, Message: "your role does not allow you to read"}
	}
	return principal.Scope(), principal.Scope().Validate()
}

// lookup is Looker.Lookup for any number of keys.
func (r *Reader) lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	keys := l.Keys
	pages := make([]audit.Page, 0, len(keys))
	for chunk := range slices.Chunk(keys, audit.MaxLookupKeys) {
		l.Keys = chunk
		found, err := r.Records.Lookup(ctx, l)
		if err != nil {
			return nil, err
		}
		pages = append(pages, found...)
	}
	return pages, nil
}

// flows is Flows.LookupFlows for any number of keys, with at most one flow for each.
func (r *Reader) flows(ctx context.Context, keys []audit.FlowKey) ([]*audit.Flow, error) {
	scope, err := ScopeOf(ctx)
	if err != nil {
		return nil, err
	}
	flows := make([]*audit.Flow, 0, len(keys))
	for chunk := range slices.Chunk(keys, audit.MaxLookupKeys) {
		found, err := r.Flows.LookupFlows(ctx, scope, chunk)
		if err != nil {
			return nil, err
		}
		for _, ofKey := range found {
			if len(ofKey) == 0 {
				flows = append(flows, nil)
				continue
			}
			flows = append(flows, ofKey[0])
		}
	}
	return flows, nil
}
