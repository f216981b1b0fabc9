package detect

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// tally counts what is in a window of time.
type tally interface {
	add(event)
	remove(event)
	enough() bool
}

// bursts returns the stretches of events, which are oldest first, in which every
// event is in a window of time that holds enough.
func bursts(events []event, window time.Duration, t tally) [][]event {
	var found [][]event
	begin, covered := 0, -1 // the window's first, and the last of the latest burst
	for end, e := range events {
		t.add(e)
		for e.at.Sub(events[begin].at) > window {
			t.remove(events[begin])
			begin++
		}
		if !t.enough() {
			continue
		}
		if len(found) > 0 && begin <= covered {
			last := len(found) - 1
			found[last] = append(found[last], events[covered+1:end+1]...)
		} else {
			found = append(found, slices.Clone(events[begin:end+1]))
		}
		covered = end
	}
	return found
}

// grouped returns the logins that have a key, by it.
func grouped[K comparable](logins []*login, key func(*login) (K, bool)) map[K][]*login {
	groups := map[K][]*login{}
	for _, l := range logins {
		if k, ok := key(l); ok {
			groups[k] = append(groups[k], l)
		}
	}
	return groups
}

func byTyped(l *login) (account, bool) { return l.typed(), l.typed() != account{} }
func byLocal(l *login) (account, bool) { return l.local(), l.local() != account{} }

// inOrder returns the accounts of groups, sorted.
func inOrder[V any](groups map[account]V) []account {
	return slices.SortedFunc(maps.Keys(groups), func(a, b account) int {
		return cmp.Or(cmp.Compare(a.org, b.org), cmp.Compare(a.user, b.user))
	})
}
