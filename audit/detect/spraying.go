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

func (a *attempted) add(e event)    { a.count(e, 1) }
func (a *attempted) remove(e event) { a.count(e, -1) }

func (a *attempted) count(e event, by int) {
	if e.failed > 0 {
		shift(a.failed, e.login.typed(), by)
	} else {
		shift(a.succeeded, e.login.typed(), by)
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
		at, known := bySite(l)
		return at, known && (len(l.failed) > 0 || l.succeeded)
	})
	order := slices.SortedFunc(maps.Keys(sites), func(a, b site) int {
		return cmp.Or(cmp.Compare(a.org, b.org), a.network.Compare(b.network))
	})
	var found []*Detection
	for _, at := range order {
		tries := &attempted{failed: map[account]int{}, succeeded: map[account]int{}, needed: o.SprayUsers}
		for _, burst := range bursts(triesOf(sites[at]), o.SprayWindow, tries) {
			found = append(found, sprayed(at, burst, sites[at], o))
		}
	}
	return found
}

// bySite returns where a user whose name is known comes from.
func bySite(l *login) (site, bool) {
	at := site{l.org, l.network()}
	_, named := byTyped(l)
	return at, named && at.network.IsValid()
}

// triesOf returns the wrong credentials of some logins and, of those that succeeded,
// when they began; oldest first.
func triesOf(logins []*login) []event {
	var events []event
	for _, l := range logins {
		if l.succeeded {
			events = append(events, event{at: l.started, login: l})
		}
	}
	return byTime(append(events, failuresOf(logins)...))
}

// sprayed tells of a burst of failures from one site, all of whose logins are given.
func sprayed(at site, burst []event, all []*login, o Options) *Detection {
	failing := slices.DeleteFunc(burst, func(e event) bool { return e.failed == 0 })
	users, tries, logins := map[account]bool{}, failuresIn(failing), loginsOf(failing)
	for _, l := range logins {
		users[l.typed()] = true
	}
	first, last := failing[0].at, failing[len(failing)-1]
	d := detection(Spraying, Medium, logins)
	d.First, d.Last, d.Network = first, last.at, at.network
	d.Counts = []Count{{"users", len(users), o.SprayUsers}, {"failures", tries, 0}}
	d.Text = fmt.Sprintf("%d tries to sign in as %d users failed at the identity provider %s, all from %s.",
		tries, len(users), within(last.at.Sub(first)), at.network)
	for _, l := range all {
		if users[l.typed()] && l.signedInSince(first, last.at.Add(o.SprayWindow)) {
			d.Severity = High
			d.and(l, fmt.Sprintf("%s signed in from there %s.", l.name(), after(l, last)))
			break
		}
	}
	return d
}
