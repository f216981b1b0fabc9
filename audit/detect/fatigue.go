package detect

import (
	"fmt"
	"slices"
)

// asked is a challenge, and the login that it was part of.
type asked struct {
	challenge
	login *login
}

// fatigue finds users who met an MFA challenge after many that they did not meet.
func (g *gathered) fatigue(o Options) []*Detection {
	var found []*Detection
	users := grouped(g.logins, byLocal)
	for _, who := range inOrder(users) {
		var all []asked
		for _, l := range users[who] {
			for _, c := range l.challenges {
				all = append(all, asked{c, l})
			}
		}
		slices.SortStableFunc(all, func(a, b asked) int { return a.at.Compare(b.at) })
		begin := 0
		for i, a := range all {
			if !a.met {
				continue
			}
			for a.at.Sub(all[begin].at) > o.FatigueWindow {
				begin++
			}
			if d := wornDown(all[begin:i+1], o); d != nil {
				found = append(found, d)
			}
			begin = i + 1 // what came before this one is over
		}
	}
	return found
}

// wornDown tells of challenges the last of which was met; nil when too few were not.
func wornDown(run []asked, o Options) *Detection {
	unmet := 0
	var logins []*login
	listed := map[*login]bool{}
	for _, a := range run {
		unmet += a.unmet
		if !listed[a.login] {
			listed[a.login], logins = true, append(logins, a.login)
		}
	}
	if unmet < o.FatigueChallenges {
		return nil
	}
	slices.SortStableFunc(logins, func(a, b *login) int { return a.started.Compare(b.started) })
	met := run[len(run)-1]
	d := detection(MFAFatigue, High, logins)
	d.First, d.Last = run[0].at, met.at
	d.UserID, d.UpstreamUserID = met.login.userID, met.login.upstreamID
	d.Network = met.login.network()
	d.Counts = []Count{{"challenges", unmet, o.FatigueChallenges}}
	d.Text = fmt.Sprintf("%s met an MFA challenge after %d that were denied, failed or not answered, %s.",
		met.login.name(), unmet, within(met.at.Sub(run[0].at)))
	return d
}
