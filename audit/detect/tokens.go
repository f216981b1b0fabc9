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

// What is looked at of the uses of tokens.
const (
	MaxTokens    = 5_000 // the latest ones
	tokensAtOnce = 200   // in one look-up
	usesPerToken = 50    // the latest ones
)

// issued is a token, and the login that issued it.
type issued struct {
	token string
	login *login
}

// foreignTokens finds uses of tokens from networks that their users never logged in from.
func (d Detector) foreignTokens(ctx context.Context, r Request, g *gathered) ([]*Detection, error) {
	tokens, left := g.latestTokens(d.maxTokens())
	if left > 0 {
		g.gaps = append(g.gaps, fmt.Sprintf("The uses of the latest %d tokens were looked at, and not those of %d earlier ones.", len(tokens), left))
	}
	var found []*Detection
	busy := 0
	for batch := range slices.Chunk(tokens, tokensAtOnce) {
		lookup := audit.Lookup{Scope: r.Scope, Kinds: []audit.Kind{audit.KindAuth, audit.KindAPI}, Field: query.TokenID,
			Window: audit.Window{Limit: usesPerToken}}
		for _, t := range batch {
			lookup.Keys = append(lookup.Keys, audit.LookupKey{Org: t.login.org, Value: t.token})
		}
		pages, err := d.Records.Lookup(ctx, lookup)
		if err != nil {
			return nil, fmt.Errorf("look up the uses of tokens: %w", err)
		}
		for i, page := range pages {
			if page.HasNext {
				busy++
			}
			found = append(found, g.foreignUses(batch[i], page.Records(), r.Options)...)
		}
	}
	if busy > 0 {
		g.gaps = append(g.gaps, fmt.Sprintf("Of %s with more than %d records, only the latest records were looked at.", several(busy, "token"), usesPerToken))
	}
	return found, nil
}

// latestTokens returns the tokens that were issued last, the latest first, and how many more there are.
func (g *gathered) latestTokens(limit int) (tokens []issued, left int) {
	for _, l := range slices.Backward(g.logins) {
		if !l.succeeded || len(l.networks) == 0 {
			continue
		}
		for _, token := range l.tokens {
			if len(tokens) == limit {
				left++
				continue
			}
			tokens = append(tokens, issued{token, l})
		}
	}
	return tokens, left
}

// foreignUses returns a detection for each foreign network that a token was used from; the uses are newest first.
func (g *gathered) foreignUses(t issued, uses []*audit.Record, o Options) []*Detection {
	foreign := map[netip.Prefix][]*audit.Record{}
	var order []netip.Prefix
	for _, use := range slices.Backward(uses) {
		network, ok := g.foreign(t.login, use, o)
		if !ok {
			continue
		}
		if foreign[network] == nil {
			order = append(order, network)
		}
		foreign[network] = append(foreign[network], use)
	}
	var found []*Detection
	for _, network := range order {
		found = append(found, usedAbroad(t, network, foreign[network]))
	}
	return found
}

// foreign returns the network that a token was used from, and whether its user had never logged in from there.
func (g *gathered) foreign(l *login, use *audit.Record, o Options) (netip.Prefix, bool) {
	if use.Time.Before(g.from) || !use.Time.Before(g.to) || use.Time.Before(l.started) || use.Time.Sub(l.ended) > o.TokenLife {
		return netip.Prefix{}, false
	}
	request, _ := use.Get(query.RequestID)
	if use.Kind == audit.KindAuth && (request == "" || request == l.requestID) {
		return netip.Prefix{}, false // it is part of the login
	}
	address, _ := use.Get(query.SourceIP)
	network, ok := NetworkOf(address)
	if !ok || slices.Contains(l.networks, network) {
		return netip.Prefix{}, false
	}
	known := 0
	for number, first := range g.firsts(l.local()) {
		if first > use.Time.UnixNano() {
			continue
		}
		if known++; number == g.values[network.String()] {
			return network, false
		}
	}
	return network, known <= o.KnownValues
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

// usedAbroad tells of the uses of a token from one foreign network, oldest first.
func usedAbroad(t issued, network netip.Prefix, uses []*audit.Record) *Detection {
	d := detection(TokenFromForeignNetwork, Medium, []*login{t.login}, t.token, network.String())
	d.UserID, d.UpstreamUserID, d.Network = t.login.userID, t.login.upstreamID, network
	d.First, d.Last = uses[0].Time, uses[len(uses)-1].Time
	calls := 0
	for _, use := range uses {
		d.Records = append(d.Records, use.Key())
		if use.Kind == audit.KindAPI {
			calls++
		}
	}
	if calls > 0 {
		d.Severity = High
	}
	d.Counts = []Count{{"uses", len(uses), 1}, {"calls", calls, 0}}
	d.Text = fmt.Sprintf("The token %s of %s was used %s from %s, from which the user had never logged in; the login that issued it, at %s, came from %s.",
		plain(t.token), t.login.name(), times(len(uses)), network, t.login.started.UTC().Format(time.RFC3339), t.login.network())
	return d
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
