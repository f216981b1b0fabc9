package detect

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// failures counts wrong credentials.
type failures struct{ n, needed int }

func (f *failures) add(l *login)    { f.n += l.failures }
func (f *failures) remove(l *login) { f.n -= l.failures }
func (f *failures) enough() bool    { return f.n >= f.needed }

// guessing finds users whose sign-ins failed often in a short time.
func (g *gathered) guessing(o Options) []*Detection {
	var found []*Detection
	users := grouped(g.logins, byTyped)
	for _, who := range inOrder(users) {
		failing := slices.DeleteFunc(slices.Clone(users[who]), func(l *login) bool { return l.failures == 0 })
		for _, burst := range bursts(failing, o.GuessWindow, &failures{needed: o.GuessFailures}) {
			found = append(found, guessed(burst, users[who], o))
		}
	}
	return found
}

// guessed tells of a burst of failures of one user, all of whose logins are given.
func guessed(burst, all []*login, o Options) *Detection {
	first, last := burst[0], burst[len(burst)-1]
	tries := 0
	networks := map[netip.Prefix]bool{}
	for _, l := range burst {
		tries += l.failures
		for _, network := range l.networks {
			networks[network] = true
		}
	}
	d := detection(PasswordGuessing, Medium, burst)
	d.UserID, d.UpstreamUserID = last.userID, last.upstreamID
	d.Counts = []Count{{"failures", tries, o.GuessFailures}, {"networks", len(networks), 0}}
	if len(networks) == 1 {
		d.Network = last.network()
	}
	d.Text = fmt.Sprintf("%d tries to sign in as %s failed at the identity provider %s, from %s.",
		tries, last.name(), within(last.started.Sub(first.started)), several(len(networks), "network"))
	if tries >= guessLimit {
		d.Severity = High
	}
	success := slices.IndexFunc(all, func(l *login) bool {
		return l.succeeded && !l.started.Before(first.started) && l.started.Sub(last.started) <= o.GuessWindow
	})
	if success >= 0 {
		d.Severity = High
		d.and(all[success], "The user signed in "+after(all[success], last)+".")
	}
	return d
}

// after tells when a login was, by one that it came after or was part of.
func after(l, last *login) string {
	if gap := l.started.Sub(last.started); gap > 0 {
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
