package correlate

import (
	"context"
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// maxRead is how many records are read at once, so that many ids which are each on
// many records do not take more memory than there is.
const maxRead = 20 * maxTied

// read returns the records of each id, in one round trip where these are few. Of many
// ids it first reads the beginning of each, and then the rest of those that have more,
// some at a time and while there is room for what they lead to. An id that there was
// no room for has an empty page.
func (w *walk) read(ctx context.Context, ids []*Node) ([]audit.Page, error) {
	limit := min(maxTied, maxRead/len(ids))
	pages, err := w.lookup(ctx, keysOf(ids), limit, false)
	if err != nil || limit == maxTied {
		return pages, err
	}
	added := map[place]bool{}
	var long []int
	for i, page := range pages {
		if page.HasNext {
			long = append(long, i)
			pages[i] = audit.Page{}
		} else {
			w.count(added, ids[i], page)
		}
	}
	for chunk := range slices.Chunk(long, maxRead/maxTied) {
		if len(w.nodes)+len(added) > w.options.MaxNodes {
			w.full = true
			break
		}
		some := make([]*Node, len(chunk))
		for n, i := range chunk {
			some[n] = ids[i]
		}
		rest, err := w.lookup(ctx, keysOf(some), maxTied, false)
		if err != nil {
			return nil, err
		}
		for n, i := range chunk {
			pages[i] = rest[n]
			w.count(added, ids[i], rest[n])
		}
	}
	return pages, nil
}

func keysOf(ids []*Node) []audit.LookupKey {
	keys := make([]audit.LookupKey, len(ids))
	for i, id := range ids {
		keys[i] = audit.LookupKey{Field: fields[id.Kind][0], Org: id.OrgID, Value: id.Value}
	}
	return keys
}

// count notes which records an id adds.
func (w *walk) count(added map[place]bool, id *Node, page audit.Page) {
	records := page.Records()
	if page.HasNext || len(distrust(id.Kind, records)) > 0 {
		return
	}
	for _, r := range records {
		if at := (place{Record, r.Org, r.UniqueID}); w.known[at] == nil {
			added[at] = true
		}
	}
}
