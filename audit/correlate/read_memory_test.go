package correlate_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/correlate"
	"github.com/authtrail/authtrail/audit/query"
)

// crowd is a store in which one address is on some records, each with a session of its
// own, which is on too many.
type crowd struct {
	start []*audit.Record
	given []weak.Pointer[audit.Record] // one of each page of a session
	alive []int                        // of these, when each look-up of sessions began
}

func (c *crowd) Lookup(_ context.Context, l audit.Lookup) ([]audit.Page, error) {
	pages := make([]audit.Page, len(l.Keys))
	if l.FieldOf(l.Keys[0]) == query.SourceIP {
		for _, r := range c.start {
			pages[0].Hits = append(pages[0].Hits, audit.Hit{Record: r})
		}
		return pages, nil
	}
	runtime.GC()
	alive := 0
	for _, given := range c.given {
		if given.Value() != nil {
			alive++
		}
	}
	c.alive = append(c.alive, alive)
	for i, key := range l.Keys {
		for n := range l.Window.Limit {
			pages[i].Hits = append(pages[i].Hits, audit.Hit{Record: &audit.Record{Org: key.Org, UniqueID: fmt.Sprint(key.Value, n)}})
		}
		pages[i].HasNext = true
		c.given = append(c.given, weak.Make(pages[i].Hits[0].Record))
	}
	return pages, nil
}

func TestWhatLedNowhereIsNotKeptInMemory(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 100 {
		fmt.Fprintf(&text, "r%d | source_ip=10.0.0.1 | session=s%d\n", i, i)
	}
	store := &crowd{start: recordsOf(t, text.String())}
	c := correlated(t, store, correlate.Key{Kind: correlate.SourceIP, Value: "10.0.0.1"}, correlate.Options{MaxHops: 2})
	if len(c.Conflicts) != 100 || len(store.alive) != 1+100/20 {
		t.Fatalf("%d conflicts after %d look-ups of sessions", len(c.Conflicts), len(store.alive))
	}
	for i, pages := range store.alive {
		if pages > 20 {
			t.Errorf("records of %d pages were kept before look-up %d", pages, i+1)
		}
	}
}
