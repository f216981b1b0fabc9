package correlate

import (
	"context"
	"fmt"
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// maxRead is how many records are read at once, so that many ids which are each on
// many records do not take more memory than there is.
const maxRead = 20 * maxTied

// lead is what an id leads to.
type lead struct {
	read    bool            // else there was no room for it
	crowded bool            // too many records have it
	doubts  []string        // why it cannot be trusted
	records []*audit.Record // those that nothing led to before
}

// reading is one hop: what it has come upon so far.
type reading struct {
	*walk
	leads []lead // in the order of the ids
	found map[place]bool
}

// read returns where each id leads to, in one round trip where that is to few records.
// Of many ids it first reads the beginning of each, and then those that have more,
// some at a time and while there is room for what they lead to.
func (w *walk) read(ctx context.Context, ids []*Node) ([]lead, error) {
	r := reading{walk: w, leads: make([]lead, len(ids)), found: map[place]bool{}}
	limit := min(maxTied, maxRead/len(ids))
	pages, err := w.lookup(ctx, keysOf(ids), limit, false)
	if err != nil {
		return nil, err
	}
	var long []int
	for i, page := range pages {
		if page.HasNext && limit < maxTied {
			long = append(long, i)
		} else {
			r.take(i, ids[i], page)
		}
	}
	clear(pages) // so that their records take no room beside the next ones
	for some := range slices.Chunk(long, maxRead/maxTied) {
		if len(w.nodes)+len(r.found) > w.options.MaxNodes {
			w.full = true
			break
		}
		if err := r.readWhole(ctx, ids, some); err != nil {
			return nil, err
		}
	}
	return r.leads, nil
}

// readWhole reads all records of some of the ids.
func (r *reading) readWhole(ctx context.Context, ids []*Node, which []int) error {
	some := make([]*Node, len(which))
	for n, i := range which {
		some[n] = ids[i]
	}
	pages, err := r.lookup(ctx, keysOf(some), maxTied, false)
	if err != nil {
		return err
	}
	for n, i := range which {
		r.take(i, ids[i], pages[n])
	}
	return nil
}

// take notes where an id leads to. It keeps only records that are news: what many ids
// share is in the page of each.
func (r *reading) take(i int, id *Node, page audit.Page) {
	records := page.Records()
	l := &r.leads[i]
	l.read = true
	if page.HasNext {
		l.crowded, l.doubts = true, []string{fmt.Sprintf("more than %d records have it", maxTied)}
		return
	}
	if l.doubts = distrust(id.Kind, records); len(l.doubts) > 0 {
		return
	}
	for _, record := range records {
		at := place{Record, record.Org, record.UniqueID}
		if r.known[at] == nil && !r.found[at] {
			r.found[at] = true
			l.records = append(l.records, record)
		}
	}
}

func keysOf(ids []*Node) []audit.LookupKey {
	keys := make([]audit.LookupKey, len(ids))
	for i, id := range ids {
		keys[i] = audit.LookupKey{Field: fields[id.Kind][0], Org: id.OrgID, Value: id.Value}
	}
	return keys
}
