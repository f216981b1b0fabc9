package detect

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// MaxUses is how many uses of tokens are looked at: the latest ones of the range.
const MaxUses = 20_000

// use is a use of a token that a login had issued.
type use struct {
	token   string
	issuer  *login
	by      *login    // another attempt that names the token; nil for a record
	record  audit.Key // an API audit, or a stray
	called  bool      // it is an API audit
	at      time.Time
	network netip.Prefix
}

// foreignTokens finds uses of tokens from networks that their users never logged in from.
func (d Detector) foreignTokens(ctx context.Context, r Request, g *gathered) ([]*Detection, error) {
	issuers, uses := g.issuers()
	read := 0
	err := d.calls(ctx, r, g, func(call *audit.Record) bool {
		if read == d.maxUses() {
			g.gaps = append(g.gaps, fmt.Sprintf("Of the uses of tokens only the latest %d were looked at, those from %s on.", read, call.Time.Format(time.RFC3339)))
			return false
		}
		read++
		token, _ := call.Get(query.TokenID)
		address, _ := call.Get(query.SourceIP)
		network, ok := NetworkOf(address)
		if issuer := issuers[issued{call.Org, token}]; ok && issuer != nil {
			uses = append(uses, use{token: token, issuer: issuer, record: call.Key(), called: true, at: call.Time, network: network})
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	uses = slices.DeleteFunc(uses, func(u use) bool { return !g.foreign(u, r.Options) })
	slices.SortStableFunc(uses, func(a, b use) int { return a.at.Compare(b.at) })
	return usedAbroad(uses), nil
}

// calls gives the API audits of the range that used a token, newest first.
func (d Detector) calls(ctx context.Context, r Request, g *gathered, yield func(*audit.Record) bool) error {
	q := audit.Query{Scope: r.Scope, Kinds: []audit.Kind{audit.KindAPI}, Window: audit.Window{Limit: audit.MaxPageSize}, Where: query.And{
		Nodes: []query.Node{query.TimeRange{From: g.from, To: g.to}, query.Has{Field: query.TokenID}}}}
	for {
		page, err := d.Records.Search(ctx, q)
		if err != nil {
			return fmt.Errorf("search for the uses of tokens: %w", err)
		}
		for _, hit := range page.Hits {
			if !yield(hit.Record) {
				return nil
			}
		}
		if !page.HasNext {
			return nil
		}
		after := q.CursorAt(page.Hits[len(page.Hits)-1])
		q.Window.After = &after
	}
}

// issued is a token of an org.
type issued struct{ org, token string }

// issuers returns the logins that issued tokens, and what is in flows of their use:
// later attempts that name one as well, and strays.
func (g *gathered) issuers() (map[issued]*login, []use) {
	issuers := map[issued]*login{}
	var uses []use
	for _, l := range g.logins {
		for _, token := range l.tokens {
			issuer := issuers[issued{l.org, token}]
			switch {
			case issuer == nil && l.succeeded:
				issuers[issued{l.org, token}] = l
			case issuer != nil && !l.started.Before(g.from) && l.network().IsValid():
				uses = append(uses, use{token: token, issuer: issuer, by: l, at: l.started, network: l.network()})
			}
		}
	}
	for _, l := range g.logins {
		for _, s := range l.strays {
			if issuer := issuers[issued{l.org, s.token}]; issuer != nil && !s.at.Before(g.from) && s.at.Before(g.to) {
				uses = append(uses, use{token: s.token, issuer: issuer, record: s.record, at: s.at, network: s.network})
			}
		}
	}
	return issuers, uses
}

// foreign reports whether the user of a token had never logged in from where it was used.
func (g *gathered) foreign(u use, o Options) bool {
	issuer := u.issuer
	if len(issuer.networks) == 0 || u.at.Before(issuer.started) || u.at.Sub(issuer.ended) > o.TokenLife || slices.Contains(issuer.networks, u.network) {
		return false
	}
	known, here := 0, g.values[u.network.String()]
	for number, first := range g.firsts(issuer.local()) {
		if first >= u.at.UnixNano() {
			continue
		}
		if known++; number == here {
			return false
		}
	}
	return known <= o.KnownValues
}

// firsts returns when an account first logged in from each of its networks, in nanoseconds since 1970.
func (g *gathered) firsts(who account) map[uint32]int64 {
	firsts, done := g.firstVisits[who]
	if done {
		return firsts
	}
	firsts = map[uint32]int64{}
	for _, v := range slices.Backward(g.visits[who]) {
		if v.network != 0 {
			firsts[v.network] = v.at
		}
	}
	g.firstVisits[who] = firsts
	return firsts
}

// usedAbroad tells of foreign uses, oldest first: those of one token from one network together.
func usedAbroad(uses []use) []*Detection {
	type place struct {
		issued
		network netip.Prefix
	}
	places := map[place][]use{}
	var order []place
	for _, u := range uses {
		at := place{issued{u.issuer.org, u.token}, u.network}
		if places[at] == nil {
			order = append(order, at)
		}
		places[at] = append(places[at], u)
	}
	var found []*Detection
	for _, at := range order {
		found = append(found, abroad(places[at]))
	}
	return found
}

// abroad tells of the uses of one token from one foreign network, oldest first.
func abroad(uses []use) *Detection {
	issuer, network := uses[0].issuer, uses[0].network
	logins := []*login{issuer}
	calls := 0
	var records []audit.Key
	for _, u := range uses {
		if u.by != nil {
			logins = append(logins, u.by)
			continue
		}
		if u.called {
			calls++
		}
		records = append(records, u.record)
	}
	d := detection(TokenFromForeignNetwork, Medium, logins, uses[0].token, network.String())
	d.UserID, d.UpstreamUserID, d.Network = issuer.userID, issuer.upstreamID, network
	d.First, d.Last = uses[0].at, uses[len(uses)-1].at
	d.Records = ends(records)
	if calls > 0 {
		d.Severity = High
	}
	d.Counts = []Count{{"uses", len(uses), 1}, {"calls", calls, 0}}
	d.Text = fmt.Sprintf("The token %s of %s was used %s from %s, from which the user had never logged in; the login that issued it, at %s, came from %s.",
		plain(uses[0].token), issuer.name(), times(len(uses)), network, issuer.started.UTC().Format(time.RFC3339), issuer.network())
	return d
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
