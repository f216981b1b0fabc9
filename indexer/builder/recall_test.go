package builder_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/indexer/builder"
)

// asked counts the ids that are looked up.
type asked struct {
	builder.Records
	ids *atomic.Int64
}

func (a asked) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	a.ids.Add(int64(len(l.Keys)))
	return a.Records.Lookup(ctx, l)
}

// Who has seen all records looks up the ids of old ones only; after a restart, too,
// once many records come.
func TestIdsThatNobodyHadAreNotLookedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	records := attempts(t, 4_000)
	options := w.options()
	options.Batch = 100
	var ids atomic.Int64
	options.Records = asked{w.events, &ids}
	w.append(records[:2_000]...)
	b, stop := w.run(options)
	w.catchUp(b)
	if n := ids.Load(); n > 40 {
		t.Errorf("%d ids were looked up from the beginning on", n)
	}
	stop()
	b, _ = w.run(options)
	for batch := 2_000; batch < 3_500; batch += 150 {
		w.append(records[batch : batch+150]...)
		w.catchUp(b)
	}
	looked := ids.Swap(0)
	w.append(records[3_500:]...)
	w.catchUp(b)
	if n := ids.Load(); n > 40 || looked == 0 {
		t.Errorf("after a restart %d ids were looked up, and %d in the end", looked, n)
	}
	late := record(t, "late", records[0].Time, "org_id="+records[0].Org, "request_id="+records[0].Values(query.RequestID)[0])
	w.append(late)
	w.catchUp(b)
	w.requireFlowsOf(append(records, late))
}
