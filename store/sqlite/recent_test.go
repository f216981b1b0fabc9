package sqlite

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// followed returns the whole feed, read in batches of a size.
func followed(t *testing.T, s *Store, size int) (all audit.FeedBatch) {
	t.Helper()
	for {
		batch, err := s.Since(t.Context(), all.Next, size)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch.Records) == 0 {
			return all
		}
		if len(batch.Records) > size || batch.Positions[len(batch.Positions)-1] != batch.Next {
			t.Fatalf("a batch of %d has %d records, and ends at %q, not %q", size, len(batch.Records), batch.Positions[len(batch.Positions)-1], batch.Next)
		}
		all.Records, all.Positions = append(all.Records, batch.Records...), append(all.Positions, batch.Positions...)
		all.Next = batch.Next
	}
}

func TestTheFeedIsTheSameFromMemoryAndFromTheDatabase(t *testing.T) {
	t.Parallel()
	s := open(t)
	var records []*audit.Record
	for i := range 100 {
		at := time.Date(2026, 11, 22, 10, 0, i%7, i*1001, time.FixedZone("", i%3*3600))
		records = append(records, event(t, fmt.Sprintf("r-%d", i), at,
			`"event_name":"Token","org_id":"o","session":"s","n":[1,{"a":"b"}],"user_id":7,"event_name":"Login","audit_attributes":[{"attribute_id":"x"}]`))
	}
	add(t, s, records[:10]...)
	followed(t, s, 4)                                    // from now on commits are kept
	for from := 5; from+15 <= len(records); from += 10 { // a third of each batch is known already
		if _, err := s.Append(t.Context(), records[from:from+15]); err != nil {
			t.Fatal(err)
		}
	}
	if s.recent.commits[0].first != 11 {
		t.Fatalf("%d commits are kept, the first from %d on", len(s.recent.commits), s.recent.commits[0].first)
	}
	for _, size := range []int{1, 7, 1000} {
		fromMemory := followed(t, s, size)
		kept := s.recent.commits
		s.recent.commits = nil
		fromDatabase := followed(t, s, size)
		s.recent.commits = kept
		if len(fromMemory.Records) != 100 || !reflect.DeepEqual(fromMemory, fromDatabase) {
			t.Errorf("in batches of %d the feed has %d records, and %d in the database, or others", size, len(fromMemory.Records), len(fromDatabase.Records))
		}
	}
}

func TestOnlySoMuchOfTheFeedIsKeptAndOnlyForFollowers(t *testing.T) {
	t.Parallel()
	s := open(t)
	large := func(n int) *audit.Record {
		return event(t, fmt.Sprintf("large-%d", n), time.Date(2026, 11, 22, 10, 0, n, 0, time.UTC), fmt.Sprintf(`"note":%q`, strings.Repeat("n", audit.MaxEventBytes-1000)))
	}
	add(t, s, large(0))
	if s.recent.bytes != 0 {
		t.Error("records are kept though nobody follows")
	}
	followed(t, s, 10)
	for n := range 15 {
		add(t, s, large(n+1))
	}
	if s.recent.bytes == 0 || s.recent.bytes > maxRecentBytes {
		t.Errorf("%d bytes of events are kept", s.recent.bytes)
	}
	if all := followed(t, s, 3); len(all.Records) != 16 {
		t.Errorf("the feed has %d records, want 16", len(all.Records))
	}
	s.recent.forget()
	add(t, s, large(16))
	if s.recent.bytes != 0 {
		t.Error("records are kept though nobody follows any more")
	}
	if all := followed(t, s, 3); len(all.Records) != 17 {
		t.Errorf("the feed has %d records, want 17", len(all.Records))
	}
}
