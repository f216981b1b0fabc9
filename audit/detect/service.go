package detect

import (
	"fmt"
	"time"
)

// service finds accounts of services that were used by a person.
func (g *gathered) service(o Options) []*Detection {
	var found []*Detection
	users := grouped(g.covered(), byLocal)
	for _, who := range inOrder(users) {
		var used []*login
		var usual habits // before the first of them
		g.each(who, users[who], o.History, func(l *login, h *habits) {
			if l.interactive && h.enough(l, o, h.logins) && h.assertions*100 >= h.logins*o.AssertionShare {
				if len(used) == 0 {
					usual = *h
				}
				used = append(used, l)
			}
		})
		if len(used) > 0 {
			found = append(found, usedByPerson(used, usual, o))
		}
	}
	return found
}

// usedByPerson tells of interactive logins of the account of a service.
func usedByPerson(used []*login, usual habits, o Options) *Detection {
	d := detection(ServiceAccountInteractive, Medium, used)
	last := used[len(used)-1]
	d.UserID, d.UpstreamUserID, d.Network = last.userID, last.upstreamID, last.network()
	given := 0
	for _, l := range used {
		if l.succeeded {
			given++
		}
	}
	if given > 0 {
		d.Severity = High
	}
	d.Counts = []Count{{"interactive", len(used), 1}, {"succeeded", given, 0}, {"logins", usual.logins, o.HistoryLogin},
		{"assertions", 100 * usual.assertions / usual.logins, o.AssertionShare}}
	d.Text = fmt.Sprintf("The service account %s was used for %s without an assertion, of which %d succeeded; %d of the %d logins before that, since %s, used one.",
		last.name(), several(len(used), "sign-in"), given, usual.assertions, usual.logins, usual.first.UTC().Format(time.DateOnly))
	return d
}
