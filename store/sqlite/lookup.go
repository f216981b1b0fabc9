package sqlite

import (
	"context"

	"github.com/authtrail/authtrail/audit"
)

// Lookup implements audit.Looker.
func (s *Store) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	pages := make([]audit.Page, len(l.Keys))
	for i, key := range l.Keys {
		page, err := s.search(ctx, l.Query(key))
		if err != nil {
			return nil, s.failed(ctx, "look up records", err)
		}
		pages[i] = page
	}
	return pages, nil
}
