package detect

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
)

// site is a network, as the logins of one org come from it.
type site struct {
	org     string
	network netip.Prefix
}

// attempted counts the users who failed and those who signed in.
type attempted struct {
	failed, succeeded map[account]int
	needed            int
}

func (a *attempted) add(l *login)    { a.count(l, 1) }
func (a *attempted) remove(l *login) { a.count(l, -1) }

func (a *attempted) count(l *login, by int) {
	if l.failures > 0 {
		shift(a.failed, l.typed(), by)
	}
	if l.succeeded {
		shift(a.succeeded, l.typed(), by)
	}
}

func shift(counts map[account]int, who account, by int) {
	if counts[who] += by; counts[who] == 0 {
		delete(counts, who)
	}
}

func (a *attempted) enough() bool {
	return len(a.failed) >= a.needed && len(a.failed) > len(a.succeeded)
}

// spraying finds networks from which the sign-ins of many users failed.
func (g *gathered) spraying(o Options) []*Detection {
	sites := grouped(g.logins, func(l *login) (site, bool) {
		at := site{l.org, l.network()}
		_, named := byTyped(l)
		return at, named && at.network.IsValid() && (l.failures > 0 || l.succeeded)
	})
	order := slices.SortedFunc(maps.Keys(sites), func(a, b site) int {
		return cmp.Or(cmp.Compare(a.org, b.org), a.network.Compare(b.network))
	})
	var found []*Detection
	for _, at := range order {
		tries := &attempted{failed: map[account]int{}, succeeded: map[account]int{}, needed: o.SprayUsers}
		for _, burst := range bursts(sites[at], o.SprayWindow, tries) {
			found = append(found, sprayed(at, burst, sites[at], o))
		}
	}
	return found
}

// sprayed tells of a burst of failures from one site, all of whose logins are given.
func sprayed(at site, burst, all []*login, o Options) *Detection {
	failing := slices.DeleteFunc(burst, func(l *login) bool { return l.failures == 0 })
	users, tries := map[account]bool{}, 0
	for _, l := range failing {
		users[l.typed()] = true
		tries += l.failures
	}
	first, last := failing[0], failing[len(failing)-1]
	d := detection(Spraying, Medium, failing)
	d.Network = at.network
	d.Counts = []Count{{"users", len(users), o.SprayUsers}, {"failures", tries, 0}}
	d.Text = fmt.Sprintf("%d tries to sign in as %d users failed at the identity provider %s, all from %s.",
		tries, len(users), within(last.started.Sub(first.started)), at.network)
	for _, l := range all {
		if l.succeeded && users[l.typed()] && !l.started.Before(first.started) && l.started.Sub(last.started) <= o.SprayWindow {
			d.Severity = High
			d.and(l, fmt.Sprintf("%s signed in from there %s.", l.name(), after(l, last)))
			break
		}
	}
	return d
}
