package detect

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// failures counts wrong credentials.
type failures struct{ n, needed int }

func (f *failures) add(e event)    { f.n += e.failed }
func (f *failures) remove(e event) { f.n -= e.failed }
func (f *failures) enough() bool   { return f.n >= f.needed }

// guessing finds users whose sign-ins failed often in a short time.
func (g *gathered) guessing(o Options) []*Detection {
	var found []*Detection
	users := grouped(g.logins, byTyped)
	for _, who := range inOrder(users) {
		for _, burst := range bursts(failuresOf(users[who]), o.GuessWindow, &failures{needed: o.GuessFailures}) {
			found = append(found, guessed(burst, users[who], o))
		}
	}
	return found
}

// guessed tells of a burst of failures of one user, all of whose logins are given.
func guessed(burst []event, all []*login, o Options) *Detection {
	first, last, tries, logins := burst[0].at, burst[len(burst)-1], failuresIn(burst), loginsOf(burst)
	networks := map[netip.Prefix]bool{}
	for _, l := range logins {
		for _, network := range l.networks {
			networks[network] = true
		}
	}
	d := detection(PasswordGuessing, Medium, logins)
	d.First, d.Last = first, last.at
	d.UserID, d.UpstreamUserID = last.login.userID, last.login.upstreamID
	d.Counts = []Count{{"failures", tries, o.GuessFailures}, {"networks", len(networks), 0}}
	if len(networks) == 1 {
		d.Network = last.login.network()
	}
	d.Text = fmt.Sprintf("%d tries to sign in as %s failed at the identity provider %s, from %s.",
		tries, last.login.name(), within(last.at.Sub(first)), several(len(networks), "network"))
	if tries >= guessLimit {
		d.Severity = High
	}
	success := slices.IndexFunc(all, func(l *login) bool { return l.signedInSince(first, last.at.Add(o.GuessWindow)) })
	if success >= 0 {
		d.Severity = High
		d.and(all[success], "The user signed in "+after(all[success], last)+".")
	}
	return d
}

// signedInSince reports whether the login succeeded, from a time until another.
func (l *login) signedInSince(from, to time.Time) bool {
	return l.succeeded && !l.signedIn.Before(from) && !l.signedIn.After(to)
}

// after tells when a login succeeded, by the last failure.
func after(l *login, last event) string {
	if gap := l.signedIn.Sub(last.at); gap > 0 {
		return lasting(gap) + " after the last of them"
	}
	return "meanwhile"
}

// within tells how short a time it was.
func within(d time.Duration) string {
	if d < time.Second {
		return "at once"
	}
	return "within " + lasting(d)
}
