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
	pages, err := s.lookup(ctx, l)
	if err != nil {
		return nil, s.failed(ctx, "look up records", err)
	}
	return pages, nil
}

func (s *Store) lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	search := s.search
	if s.layout.rows && !s.closing() {
		v, err := s.snapshot(ctx) // one for all keys
		if err != nil {
			return nil, err
		}
		defer v.close()
		search = v.search
	}
	pages := make([]audit.Page, len(l.Keys))
	for i, key := range l.Keys {
		var err error
		if pages[i], err = search(ctx, l.Query(key), manner{l.PageBytes, l.PassDamaged}); err != nil {
			return nil, err
		}
	}
	return pages, nil
}
