package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// checkBehind counts from every position: never too few, and soon not more.
func checkBehind(t testing.TB, s *subject) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	const n = 12
	s.fill(t, shuffled("b", n))
	batch, err := s.Since(ctx, "", 2*n)
	if err != nil || len(batch.Records) != n {
		t.Fatalf("the feed has %d records, %v, want %d", len(batch.Records), err, n)
	}
	for i, position := range append([]audit.Position{""}, batch.Positions...) {
		want := int64(n - i)
		for {
			behind, err := s.Behind(ctx, position)
			if err != nil {
				t.Fatalf("behind %q: %v, want %d", position, err, want)
			}
			if behind == want {
				break
			}
			time.Sleep(10 * time.Millisecond) // an answer may be a moment old
		}
	}
	if _, err := s.Behind(ctx, "nonsense"); err == nil || audit.AsError(err).Code != audit.BadUserInput {
		t.Errorf("a foreign position: %v", err)
	}
}
