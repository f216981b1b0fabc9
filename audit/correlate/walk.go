package correlate

import (
	"fmt"
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// trust reports whether nothing makes an id doubtful, and says so where something does.
func (w *walk) trust(id *Node, doubts []string) bool {
	for _, doubt := range doubts {
		id.distrusted = true
		w.conflicts = append(w.conflicts, audit.FlowConflict{Key: string(fields[id.Kind][0]), Value: id.Value, Reason: doubt})
	}
	return len(doubts) == 0
}

// add makes nodes of the records that were not come upon before, and then of
// their ids, which are what lies ahead.
func (w *walk) add(records []*audit.Record, hop int) {
	var added []*audit.Record
	for _, r := range records {
		at := place{Record, r.Org, r.UniqueID}
		if w.known[at] != nil {
			continue
		}
		if w.node(at, hop, r) == nil {
			break
		}
		added = append(added, r)
	}
	for _, r := range added {
		for _, at := range placesOf(r, followed) {
			if w.known[at] != nil {
				continue
			}
			id := w.node(at, hop, nil)
			if id == nil {
				return
			}
			w.ahead = append(w.ahead, id)
		}
	}
}

// node makes a node; nil when there is no room for it.
func (w *walk) node(at place, hop int, r *audit.Record) *Node {
	if len(w.nodes) == w.options.MaxNodes {
		w.full = true
		return nil
	}
	n := &Node{Kind: at.kind, OrgID: at.org, Value: at.value, Hop: hop, Record: r, Followed: r != nil}
	w.known[at] = n
	w.nodes = append(w.nodes, n)
	return n
}

// correlation is what was come upon after some hops.
func (w *walk) correlation(hops int) *Correlation {
	c := &Correlation{Nodes: w.nodes, Conflicts: w.conflicts, Reason: w.reason(hops)}
	c.Truncated = c.Reason != ""
	for _, n := range w.nodes {
		if n.Record == nil {
			continue
		}
		for _, at := range placesOf(n.Record, linked) {
			if id := w.known[at]; id != nil {
				c.Links = append(c.Links, &Link{Record: n, ID: id, Strength: strengthOf(id)})
			}
		}
	}
	return c
}

// reason says why there may be more; empty when there is not.
func (w *walk) reason(hops int) string {
	var reasons []string
	switch {
	case w.full:
		reasons = append(reasons, fmt.Sprintf("there is room for %d nodes only", w.options.MaxNodes))
	case len(w.ahead) > 0:
		reasons = append(reasons, fmt.Sprintf("it ends after %s, with %s left to follow", counted(hops, "hop"), counted(len(w.ahead), "id")))
	}
	if w.cutKey != "" {
		reasons = append(reasons, w.cutKey)
	}
	if w.crowded > 0 {
		reasons = append(reasons, fmt.Sprintf("%s on more than %d records each led nowhere", counted(w.crowded, "id"), maxTied))
	}
	if len(reasons) == 0 {
		return ""
	}
	text := strings.Join(reasons, "; ") + "."
	return strings.ToUpper(text[:1]) + text[1:]
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
