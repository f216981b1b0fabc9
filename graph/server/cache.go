package server

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
)

// queryCache keeps parsed documents, bounded in number and in size each.
type queryCache struct {
	graphql.Cache[*ast.QueryDocument]

	entrySize int
}

func newQueryCache(entries, entrySize int) queryCache {
	return queryCache{Cache: lru.New[*ast.QueryDocument](entries), entrySize: entrySize}
}

// Add keeps a document unless it is too long to keep.
func (c queryCache) Add(ctx context.Context, query string, document *ast.QueryDocument) {
	if len(query) <= c.entrySize {
		c.Cache.Add(ctx, query, document)
	}
}
