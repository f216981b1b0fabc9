package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func lifecycleGroup() group {
	return group{name: "lifecycle", checks: []check{
		{"a cancelled context ends every call", checkCancelled},
		{"a closed store is unavailable", checkClosed},
		{"closing ends a wait", checkCloseEndsWait},
	}}
}

// calls are all calls of a store, by name.
func (s *subject) calls(t testing.TB) map[string]func(context.Context) error {
	t.Helper()
	held := s.put(t, entryOf("key", "a", "held", "1"))
	end, _ := s.End(context.Background())
	window := audit.Window{Limit: 1}
	return map[string]func(context.Context) error{
		"Append": func(ctx context.Context) error {
			_, err := s.Append(ctx, []*audit.Record{event("late", epoch, "")})
			return err
		},
		"Search": func(ctx context.Context) error {
			_, err := s.Store.Search(ctx, audit.Query{Scope: audit.AllOrgs(), Window: window})
			return err
		},
		"Lookup": func(ctx context.Context) error {
			_, err := s.Store.Lookup(ctx, audit.Lookup{Scope: audit.AllOrgs(), Field: query.Session, Window: window,
				Keys: []audit.LookupKey{{AnyOrg: true, Value: "s"}}})
			return err
		},
		"Count": func(ctx context.Context) error {
			_, err := s.Store.Count(ctx, []audit.Query{where(exact(query.UserID, "u"))})
			return err
		},
		"Facets": func(ctx context.Context) error {
			_, err := s.Facets(ctx, []audit.FacetRequest{{Query: everything, Field: query.UserID, Size: 1}})
			return err
		},
		"Histograms": func(ctx context.Context) error {
			_, err := s.Histograms(ctx, []audit.HistogramRequest{{Query: everything}})
			return err
		},
		"Since": func(ctx context.Context) error { _, err := s.Since(ctx, "", 1); return err },
		"Wait":  func(ctx context.Context) error { return s.Wait(ctx, end) },
		"Get":   func(ctx context.Context) error { _, err := s.Get(ctx, held.EntryKey); return err },
		"Put":   func(ctx context.Context) error { _, err := s.Put(ctx, entryOf("key", "a", "late", "1")); return err },
		"Delete": func(ctx context.Context) error {
			return s.Delete(ctx, held.EntryKey, held.Version)
		},
		"List": func(ctx context.Context) error {
			_, err := s.List(ctx, audit.EntryQuery{Kind: "key", Scope: audit.AllOrgs(), Limit: 1})
			return err
		},
	}
}

func checkCancelled(t testing.TB, s *subject) {
	s.fill(t, []*audit.Record{event("a", epoch, `"user_id":"u","session":"s"`)})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, call := range s.calls(t) {
		if err := call(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a cancelled context: %v, want its error", name, err)
		}
	}
}

func checkClosed(t testing.TB, s *subject) {
	s.fill(t, []*audit.Record{event("a", epoch, `"user_id":"u","session":"s"`)})
	calls := s.calls(t)
	calls["End"] = func(ctx context.Context) error { _, err := s.End(ctx); return err }
	calls["Ready"] = s.Ready
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for name, call := range calls {
		expectCode(t, name+" after Close", call(ctx), audit.Unavailable)
	}
	if ctx.Err() != nil {
		t.Error("calls after Close do not end")
	}
}

// patience is how long the suite waits for what should happen at once.
const patience = 20 * time.Second

func checkCloseEndsWait(t testing.TB, s *subject) {
	end, err := s.End(context.Background())
	if err != nil {
		t.Fatalf("end: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.Wait(ctx, end) }()
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	expectCode(t, "waiting while the store is closed", <-ended, audit.Unavailable)
	if ctx.Err() != nil {
		t.Error("closing does not end a wait")
	}
}
