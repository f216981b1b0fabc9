package detect

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// What is read in full at most: flows, and records of these.
const (
	MaxWhole        = 2_000
	MaxWholeRecords = 200_000
)

// What is read at once at most, since a flow may have 1,000 records, and all of them
// are in memory then.
const (
	wholeChunk        = 50
	wholeChunkRecords = 2_000
)

// stray is a record that a token or a session alone ties to an attempt, and that
// came from elsewhere than the attempt.
type stray struct {
	record  audit.Key
	token   string
	at      time.Time
	network netip.Prefix
}

// hasStrays reports whether a token or a session alone ties records to a flow.
func hasStrays(row *audit.Record) bool {
	via := row.Values(query.FlowVia)
	return slices.Contains(via, string(audit.ViaToken)) || slices.Contains(via, string(audit.ViaSession))
}

// readWhole reads those flows again, with their records, of which a summary tells
// too little where it may matter: that of a run of failures or challenges only when
// it began, and of networks not whether the attempt itself came from them.
func (d Detector) readWhole(ctx context.Context, r Request, g *gathered) error {
	unclear := g.unclear(r)
	if affordable := latest(unclear, d.maxWhole(), d.maxWholeRecords()); len(affordable) < len(unclear) {
		unclear = affordable
		g.gaps = append(g.gaps, fmt.Sprintf("Of the login flows with several failures or challenges in a row, or with records from elsewhere, only those from %s on were read in full; "+
			"in earlier ones a row counts as of the time when it began, and all networks as those of the login.", unclear[0].started.Format(time.RFC3339)))
	}
	for len(unclear) > 0 {
		chunk := latest(unclear, wholeChunk, wholeChunkRecords)
		unclear = unclear[:len(unclear)-len(chunk)]
		l := audit.Lookup{Scope: r.Scope, Kinds: kinds, Field: query.UniqueID, Window: audit.Window{Limit: 1}}
		for _, login := range chunk {
			l.Keys = append(l.Keys, audit.LookupKey{Org: login.org, Value: login.id})
		}
		pages, err := d.Flows.Lookup(ctx, l)
		if err != nil {
			return fmt.Errorf("read flows in full: %w", err)
		}
		for i, page := range pages {
			if len(page.Hits) > 0 {
				chunk[i].learn(d.Flows.Flow(page.Hits[0].Record))
			}
		}
	}
	return nil
}

// latest returns the last of some logins, as many as are not more and have no more
// records than that; but one at least.
func latest(logins []*login, most, records int) []*login {
	first := len(logins)
	for first > 0 && len(logins)-first < most {
		records -= logins[first-1].records
		if records < 0 && first < len(logins) {
			break
		}
		first--
	}
	return logins[first:]
}

// unclear returns the logins that have to be read in full: of users and networks
// with enough failures or challenges for a rule, and of loose networks.
func (g *gathered) unclear(r Request) []*login {
	failed, unmet, users := map[account]int{}, map[account]int{}, map[site]map[account]bool{}
	for _, l := range g.logins {
		for _, m := range l.failed {
			failed[l.typed()] += m.n
		}
		for _, c := range l.challenges {
			unmet[l.local()] += c.unmet
		}
		if at, known := bySite(l); known && len(l.failed) > 0 {
			if users[at] == nil {
				users[at] = map[account]bool{}
			}
			users[at][l.typed()] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(g.logins), func(l *login) bool {
		if l.loose && r.wants(TokenFromForeignNetwork) {
			return false
		}
		at, _ := bySite(l)
		return !l.runs ||
			!(r.wants(PasswordGuessing) && len(l.failed) > 0 && failed[l.typed()] >= r.Options.GuessFailures) &&
				!(r.wants(Spraying) && len(l.failed) > 0 && len(users[at]) >= r.Options.SprayUsers) &&
				!(r.wants(MFAFatigue) && len(l.challenges) > 0 && unmet[l.local()] >= r.Options.FatigueChallenges)
	})
}

// learn takes from a whole flow what its summary did not tell.
func (l *login) learn(f *audit.Flow) {
	if len(f.Links) == 0 {
		return // it was damaged where it is stored
	}
	whole := loginOf(f)
	l.failed, l.challenges = whole.failed, whole.challenges
	if !l.loose {
		return
	}
	var own []string
	for _, link := range f.Links {
		if link.Via == audit.ViaRequest || link.Via == audit.ViaTrace {
			address, _ := link.Record.Get(query.SourceIP)
			own = append(own, address)
		}
	}
	l.networks = networksOf(own)
	for _, link := range f.Links {
		l.strayed(link)
	}
}

// strayed takes a record that is a stray.
func (l *login) strayed(link audit.Link) {
	if link.Via != audit.ViaToken && link.Via != audit.ViaSession {
		return
	}
	r := link.Record
	token, _ := r.Get(query.TokenID)
	address, _ := r.Get(query.SourceIP)
	network, ok := NetworkOf(address)
	if token == "" || !ok || slices.Contains(l.networks, network) {
		return
	}
	l.strays = append(l.strays, stray{audit.Key{Org: l.org, UniqueID: strings.Clone(r.UniqueID)}, strings.Clone(token), r.Time, network})
}
