package elastic

import (
	"context"
	"testing"
	"time"

	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// testOptions are those of a store of the test's own, which is deleted after it.
func testOptions(t testing.TB) Options {
	t.Helper()
	return Options{URLs: []string{elastictest.URL(t)}, IndexPrefix: elastictest.Prefix(t), Replicas: -1}
}

// partitionOf is the index that a record of this time is first written to.
func (s *Store) partitionOf(at time.Time) string { return s.names.partition(s.stretchAt(at)) }

// open opens a store with the options, and closes it after the test.
func open(t testing.TB, options Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), options)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}
