package builder

import (
	"container/heap"
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

// openFlows remembers when flows that were stored open are due to be closed. It
// does not know all of them: those before its time, and some of very many, are
// searched for in the store now and then.
type openFlows struct {
	dues     dues
	latest   map[audit.Key]time.Time // a flow's place in dues; earlier ones do not count
	more     bool                    // when some were taken last, more were due
	searched time.Time               // when a search for others began last
	search   *audit.Cursor           // how far it has got; nil while there is none
}

// due is when a flow is to be closed, unless something happened in it since.
type due struct {
	flow audit.Key
	at   time.Time
}

const (
	// maxOpen is how many dues are remembered.
	maxOpen = 200_000
	// searchEvery is how often the store is searched for others.
	searchEvery = 5 * time.Minute
	// closeEvery is how often, at most, what is due is closed.
	closeEvery = 250 * time.Millisecond
)

// add remembers those of some flows that were stored open.
func (o *openFlows) add(states []flow.State, idle time.Duration) {
	for _, s := range states {
		if links := s.Stitched.Links; !s.Closed && len(o.dues) < maxOpen {
			o.remember(due{audit.Key{Org: s.Stitched.Org, UniqueID: s.Stitched.ID()}, links[len(links)-1].Record.Time.Add(idle)})
		}
	}
}

func (o *openFlows) remember(d due) {
	if o.latest == nil {
		o.latest = map[audit.Key]time.Time{}
	}
	if o.latest[d.flow].Equal(d.at) {
		return
	}
	o.latest[d.flow] = d.at
	heap.Push(&o.dues, d)
}

// take returns some flows that are due, and forgets them.
func (o *openFlows) take(now time.Time) (flows []audit.Key) {
	for len(o.dues) > 0 && o.dues[0].at.Before(now) && len(flows) < audit.MaxPageSize {
		d := heap.Pop(&o.dues).(due)
		if o.latest[d.flow].Equal(d.at) {
			delete(o.latest, d.flow)
			flows = append(flows, d.flow)
		}
	}
	o.more = len(flows) == audit.MaxPageSize
	return flows
}

// next returns for how long nothing is due.
func (o *openFlows) next(now time.Time) time.Duration {
	if o.more || o.search != nil {
		return time.Millisecond
	}
	length := o.searched.Add(searchEvery).Sub(now)
	if len(o.dues) > 0 {
		length = min(length, o.dues[0].at.Sub(now))
	}
	return max(length, closeEvery)
}

// dues is a heap, the earliest first.
type dues []due

func (d dues) Len() int           { return len(d) }
func (d dues) Less(i, j int) bool { return d[i].at.Before(d[j].at) }
func (d dues) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *dues) Push(x any)        { *d = append(*d, x.(due)) }
func (d *dues) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}

// closeDue closes flows in which nothing happened for the limit: some at a time, so
// that new records do not wait for many.
func (t *term) closeDue(ctx context.Context) error {
	now := t.options.Now()
	if t.open.search != nil || now.Sub(t.open.searched) >= searchEvery {
		if err := t.closeStored(ctx, now); err != nil {
			return err
		}
	}
	return t.close(ctx, t.open.take(now))
}

// closeStored closes some of what the store has of open flows that are due.
func (t *term) closeStored(ctx context.Context, now time.Time) error {
	before := now.Add(-t.rules.Idle).UnixNano()
	q := flowsWhere(audit.AllOrgs(), query.AllOf(query.Exact{Field: query.FlowOpen, Values: []string{"true"}}, query.NumberRange{Field: query.FlowEndedAt, Max: &before}))
	q.Window.After = t.open.search
	var page audit.Page
	err := t.patiently(ctx, "search open login flows", func() (err error) {
		page, err = t.options.Flows.Search(ctx, q)
		return err
	})
	if err != nil {
		return err
	}
	if t.open.search == nil {
		t.open.searched = now
	}
	t.open.search = endOf(page, q)
	flows := make([]audit.Key, len(page.Hits))
	for i, hit := range page.Hits {
		flows[i] = hit.Record.Key()
	}
	return t.close(ctx, flows)
}

// close makes the closing revisions of flows, unless something has happened in
// them. What cannot be closed is logged.
func (t *term) close(ctx context.Context, flows []audit.Key) error {
	if len(flows) == 0 {
		return nil
	}
	err := t.patiently(ctx, "close login flows", func() error {
		return safely(func() error { return t.tryToClose(ctx, flows) })
	})
	if err != nil && ctx.Err() == nil && !passes(err) && !isLost(err) {
		t.options.Logger.Error("login flows could not be closed", "flows", len(flows), "first", flows[0].UniqueID, "error", err)
		return nil
	}
	return err
}

func (t *term) tryToClose(ctx context.Context, flows []audit.Key) error {
	keys := make([]audit.LookupKey, len(flows))
	for i, f := range flows {
		keys[i] = audit.LookupKey{Org: f.Org, Value: f.UniqueID}
	}
	rows, err := t.lookup(ctx, keys)
	if err != nil {
		return err
	}
	var all changes
	for _, row := range rows {
		if row == nil {
			continue
		}
		if s := t.storedOf(row); s.state != nil && !s.state.Closed {
			all.revise(t, s, s.state.Stitched)
		}
	}
	return t.note(all, t.replace(ctx, all.replacements))
}
