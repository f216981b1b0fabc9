package elastic

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// The engine says nothing of a copy that it could not reach, but how many it reached.
func TestARefreshThatLeavesACopyOutIsNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		total, successful, absent int
		good                      bool
	}{
		"all copies":                        {4, 4, 0, true},
		"all but one that was absent":       {4, 3, 1, true},
		"one that was absent is back":       {4, 4, 1, true},
		"one fell away":                     {4, 3, 0, false},
		"a whole shard, another has copies": {4, 2, 0, false},
		"one more than were absent":         {4, 2, 1, false},
		"nothing":                           {0, 0, 0, false},
	} {
		s := &Store{client: answering(t, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"_shards":{"total":%d,"successful":%d,"failed":0}}`, c.total, c.successful)
		})}
		err := s.refreshAll(context.Background(), []string{"i"}, c.absent)
		if good := err == nil; good != c.good || !good && audit.AsError(err).Code != audit.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A copy that is nowhere keeps nobody from writing and reading.
func TestAStoreWithoutRoomForItsCopiesWorks(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	options.Replicas, options.Shards = 1, 2
	s := open(t, options)
	records := some(t, "r", 20)
	statuses(t, s, records...)
	expectHeld(t, s, records...)
	if count, err := readFeed(t.Context(), s); err != nil || count != len(records) {
		t.Errorf("the feed gives %d records, %v; want %d", count, err, len(records))
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("ready: %v", err)
	}
}
