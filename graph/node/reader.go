package node

import (
	"context"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// Records is what nodes need of a store, be its rows events or login flows.
type Records interface {
	audit.Searcher
	audit.Looker
	audit.Counter
	audit.Feed
}

// Reader is where nodes are read from.
type Reader struct {
	Records Records
	Flows   audit.Flows
	Now     func() time.Time

	Destinations *destination.Store
	Deliverer    destination.Deliverer
}

// of returns where rows of a kind are read.
func (r *Reader) of(kind audit.Kind) Records {
	if kind == audit.KindFlow {
		return r.Flows
	}
	return r.Records
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

// lookup is Looker.Lookup for any number of keys. The kinds are those of one store.
func (r *Reader) lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	keys, from := l.Keys, r.of(l.Kinds[0])
	pages := make([]audit.Page, 0, len(keys))
	for chunk := range slices.Chunk(keys, audit.MaxLookupKeys) {
		l.Keys = chunk
		found, err := from.Lookup(ctx, l)
		if err != nil {
			return nil, err
		}
		pages = append(pages, found...)
	}
	return pages, nil
}
