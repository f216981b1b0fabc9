package detect

import (
	"fmt"
	"time"
)

// news finds logins that were the first of their kind for their user.
func (g *gathered) news(o Options) []*Detection {
	var found []*Detection
	users := grouped(g.covered(), byLocal)
	for _, who := range inOrder(users) {
		g.each(who, users[who], o.History, func(l *login, h *habits) {
			if l.succeeded && !l.assertion && h.enough(l, o, h.logins-h.assertions) {
				found = append(found, g.newTo(l, h, o)...)
			}
		})
	}
	return found
}

// enough reports whether so many logins before another say what is usual.
func (h *habits) enough(l *login, o Options, logins int) bool {
	return logins >= o.HistoryLogin && l.started.Sub(h.first) >= o.HistorySpan
}

// newTo returns what is new in a login to its user.
func (g *gathered) newTo(l *login, h *habits, o Options) []*Detection {
	network := ""
	if l.network().IsValid() {
		network = l.network().String()
	}
	var found []*Detection
	for _, kind := range []struct {
		rule             Rule
		severity         Severity
		known            map[uint32]int
		value            string // as habits know it
		how, shown, kind string
	}{
		{NewNetwork, Low, h.networks, network, "from", network, "network"},
		{NewDevice, Low, h.devices, l.device, "with", plain(l.agent), "device"},
		{NewIDP, Medium, h.idps, l.idp, "through", plain(l.idp), "identity provider"},
	} {
		known, before := len(kind.known), kind.known[g.values[kind.value]]
		if kind.value == "" || before > 0 || known == 0 || known > o.KnownValues {
			continue
		}
		d := detection(kind.rule, kind.severity, []*login{l})
		d.UserID, d.UpstreamUserID, d.Network = l.userID, l.upstreamID, l.network()
		logins := h.logins - h.assertions
		d.Counts = []Count{{"logins", logins, o.HistoryLogin}, {"span", days(l.started.Sub(h.first)), days(o.HistorySpan)}, {"known", known, 0}}
		d.Text = fmt.Sprintf("%s logged in %s %s for the first time; the %d logins before it, since %s, came %s %s.", l.name(),
			kind.how, kind.shown, logins, h.first.UTC().Format(time.DateOnly), kind.how, several(known, "other "+kind.kind))
		found = append(found, d)
	}
	if len(found) > 1 {
		for _, d := range found {
			d.Severity = Medium
		}
	}
	return found
}
