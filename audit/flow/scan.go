package flow

import (
	"context"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// scan walks a list of flows along the records that their order goes by. A flow
// stands where its anchor does: its first record in a list by start, its last in
// one by end. So the records are read in the order of the list, and a flow is
// given out when its anchor comes by.
type scan struct {
	reader  *Reader
	walk    walk
	now     time.Time
	records audit.Query
	read    int

	open  map[audit.Key]*candidate // by org and request id: the flows whose records are coming by
	at    *audit.Record            // the record that came by last
	group []*audit.Flow            // the flows anchored at its time and org, in no order yet
}

// candidate is a flow whose records are coming by.
type candidate struct {
	flow        *audit.Flow // nil when it does not match
	anchor, end audit.Key   // the record it stands at, and the last that will come by
}

// scan gives out the flows of the way. It returns where it gave up, if it did.
func (r *Reader) scan(ctx context.Context, w walk, plan plan, now time.Time, give func(*audit.Flow, audit.FlowCursor) bool) (*audit.FlowCursor, error) {
	s := &scan{reader: r, walk: w, now: now, open: map[audit.Key]*candidate{}}
	s.records = audit.Query{Scope: w.query.Scope, Kinds: []audit.Kind{audit.KindAuth},
		Where: plan.anchors, Order: audit.Order{Ascending: w.order.Ascending}}
	s.records.Window = audit.Window{Limit: r.firstPage(w.want), After: s.ahead(w.from), Before: s.behind(w.until)}
	for {
		page, err := r.searcher.Search(ctx, s.records)
		if err != nil {
			return nil, err
		}
		if err := s.learn(ctx, page.Records()); err != nil {
			return nil, err
		}
		for _, hit := range page.Hits {
			if stop, done := s.pass(hit.Record, give); done {
				return stop, nil
			}
		}
		if !page.HasNext || len(page.Hits) == 0 {
			s.giveOut(give)
			return nil, nil
		}
		after := s.records.CursorAt(page.Hits[len(page.Hits)-1])
		s.records.Window.After, s.records.Window.Limit = &after, r.pageSize
	}
}

// firstPage is how many records to begin with for so many flows, which have some
// five records each, not all in a row; where that is too few, whole pages follow.
func (r *Reader) firstPage(want int) int {
	if want == 0 {
		return r.pageSize
	}
	return min(6*want, r.pageSize)
}

// learn looks up the flows of records that come by for the first time.
func (s *scan) learn(ctx context.Context, records []*audit.Record) error {
	var keys []audit.FlowKey
	for _, record := range records {
		key := attemptOf(record)
		if _, ok := s.open[key]; !ok {
			s.open[key] = nil
			keys = append(keys, audit.FlowKey{Org: key.Org, RequestID: key.UniqueID})
		}
	}
	flows, err := s.reader.flowsOf(ctx, s.walk.query.Scope, keys, s.now)
	if err != nil {
		return err
	}
	for i, key := range keys {
		if len(flows[i]) == 1 {
			s.open[audit.Key{Org: key.Org, UniqueID: key.RequestID}] = s.candidate(flows[i][0])
		}
	}
	return nil
}

// attemptOf returns the org and the request id of a record as one key.
func attemptOf(record *audit.Record) audit.Key {
	return audit.Key{Org: record.Org, UniqueID: valueOf(record, query.RequestID)}
}

func (s *scan) candidate(f *audit.Flow) *candidate {
	first, last := f.Records[0].Key(), f.Records[len(f.Records)-1].Key()
	c := &candidate{anchor: first, end: last}
	if s.walk.order.Field == audit.ByEnd {
		c.anchor = last
	}
	if !s.walk.order.Ascending {
		c.end = first
	}
	if matches(s.walk.query, f) {
		c.flow = f
	}
	return c
}

// pass takes the next record. It reports whether the walk is over, and where it
// gave up. Flows of one time and org come in the order of their request ids, so
// they wait until the last record of that group has come by.
func (s *scan) pass(record *audit.Record, give func(*audit.Flow, audit.FlowCursor) bool) (*audit.FlowCursor, bool) {
	if s.at != nil && (record.Org != s.at.Org || !record.Time.Equal(s.at.Time)) {
		if !s.giveOut(give) {
			return nil, true
		}
		if s.walk.limit > 0 && s.read >= s.walk.limit {
			return s.stop(), true
		}
	}
	s.at = record
	s.read++
	key := attemptOf(record)
	c := s.open[key]
	if c == nil {
		return nil, false
	}
	if c.flow != nil && c.anchor == record.Key() {
		s.group = append(s.group, c.flow)
		c.flow = nil
	}
	if c.end == record.Key() {
		delete(s.open, key)
	}
	return nil, false
}

// giveOut gives out the flows of a finished group, and reports whether to go on.
func (s *scan) giveOut(give func(*audit.Flow, audit.FlowCursor) bool) bool {
	group := s.group
	s.group = nil
	return s.walk.giveSorted(group, give)
}

// giveSorted gives out flows in the order of the way, from where it begins.
func (w walk) giveSorted(flows []*audit.Flow, give func(*audit.Flow, audit.FlowCursor) bool) bool {
	slices.SortFunc(flows, func(a, b *audit.Flow) int { return w.order.CursorAt(a).Compare(w.order.CursorAt(b)) })
	for _, f := range flows {
		at := w.order.CursorAt(f)
		if !w.passed(at) && !give(f, at) {
			return false
		}
	}
	return true
}
