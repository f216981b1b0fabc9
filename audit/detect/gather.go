package detect

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// What is kept at most: see Memory in the package's description.
const (
	MaxFlows      = 100_000
	MaxPastLogins = 500_000
)

// visit is a login of a user, as far as their habits go.
type visit struct {
	at                   int64 // nanoseconds since 1970
	network, device, idp uint32
	assertion            bool
}

// gathered is what was found in the stored flows.
type gathered struct {
	from, to time.Time // what is covered
	read     int
	logins   []*login            // of the range and a little before it, oldest first
	visits   map[account][]visit // the logins of users of the range, those of the history included, oldest first
	values   map[string]uint32   // the numbers of networks, devices and identity providers in visits, from 1
	gaps     []string

	texts       map[string]string            // texts of logins, each once
	devices     map[string]string            // by agent
	firstVisits map[account]map[uint32]int64 // what firsts has found
}

// gather reads the flows of the range, and of the longest window before it, and
// then those of the history.
func (d Detector) gather(ctx context.Context, r Request) (*gathered, error) {
	g := &gathered{from: r.From, to: r.To, visits: map[account][]visit{}, values: map[string]uint32{},
		texts: map[string]string{}, devices: map[string]string{}, firstVisits: map[account]map[uint32]int64{}}
	start := r.From.Add(-r.lead())
	during := query.TimeRange{From: start, To: r.To}
	full := false
	err := d.Flows.Scan(ctx, audit.Query{Scope: r.Scope, Kinds: kinds, Where: during}, func(row *audit.Record) bool {
		if full = len(g.logins) == d.maxFlows(); full {
			return false
		}
		g.take(row, d.Flows.Flow(row))
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("read the flows of the range: %w", err)
	}
	if full {
		start = g.logins[len(g.logins)-1].started
		g.from = later(g.from, start)
		g.gaps = append(g.gaps, fmt.Sprintf("More than %d login flows were in the range and just before it, so only those from %s on were looked at.",
			d.maxFlows(), start.Format(time.RFC3339)))
	}
	if r.wantsHistory() {
		if err := d.gatherPast(ctx, r, g, start); err != nil {
			return nil, err
		}
	}
	slices.Reverse(g.logins)
	slices.SortStableFunc(g.logins, func(a, b *login) int { return cmp.Or(a.started.Compare(b.started), cmp.Compare(a.id, b.id)) })
	for _, visits := range g.visits {
		slices.SortFunc(visits, func(a, b visit) int { return cmp.Compare(a.at, b.at) })
	}
	return g, nil
}

var kinds = []audit.Kind{audit.KindFlow}

// gatherPast reads the logins before a time of the users who are concerned.
func (d Detector) gatherPast(ctx context.Context, r Request, g *gathered, before time.Time) error {
	past := query.And{Nodes: []query.Node{
		query.TimeRange{From: r.From.Add(-r.Options.History), To: before},
		query.Exact{Field: query.FlowOutcome, Values: []string{string(audit.Succeeded)}},
	}}
	kept := 0
	err := d.Flows.Scan(ctx, audit.Query{Scope: r.Scope, Kinds: kinds, Where: past}, func(row *audit.Record) bool {
		if kept == d.maxPast() {
			g.gaps = append(g.gaps, fmt.Sprintf("Users have more than %d logins in the history, so it goes back to %s only.",
				kept, row.Time.Format(time.RFC3339)))
			return false
		}
		g.read++
		l := loginOf(d.Flows.Flow(row))
		l.device = g.device(l.agent)
		if _, concerned := g.visits[l.local()]; concerned {
			g.visit(l)
			kept++
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("read the history: %w", err)
	}
	return nil
}

// take keeps a flow of the range.
func (g *gathered) take(row *audit.Record, f *audit.Flow) {
	l := loginOf(f)
	l.loose = len(l.networks) > 1 && l.requestID != "" && hasStrays(row)
	g.keep(l)
	g.read++
	g.logins = append(g.logins, l)
	who := l.local()
	if who == (account{}) {
		return
	}
	if _, known := g.visits[who]; !known {
		g.visits[who] = nil
	}
	if l.succeeded {
		g.visit(l)
	}
}

// keep makes a login hold nothing of the row that it was read from: what many
// logins say is kept once.
func (g *gathered) keep(l *login) {
	for _, text := range []*string{&l.org, &l.userID, &l.upstreamID, &l.idp, &l.agent} {
		kept, known := g.texts[*text]
		if !known {
			kept = strings.Clone(*text)
			g.texts[kept] = kept
		}
		*text = kept
	}
	l.device = g.device(l.agent)
	l.id, l.requestID = strings.Clone(l.id), strings.Clone(l.requestID)
	l.tokens = slices.Clone(l.tokens)
	for i, token := range l.tokens {
		l.tokens[i] = strings.Clone(token)
	}
}

// device returns a user agent without its version numbers.
func (g *gathered) device(agent string) string {
	device, known := g.devices[agent]
	if !known {
		device = deviceOf(agent)
		g.devices[strings.Clone(agent)] = device
	}
	return device
}

// visit remembers where a login came from.
func (g *gathered) visit(l *login) {
	v := visit{at: l.started.UnixNano(), device: g.number(l.device), idp: g.number(l.idp), assertion: l.assertion}
	if network := l.network(); network.IsValid() {
		v.network = g.number(network.String())
	}
	g.visits[l.local()] = append(g.visits[l.local()], v)
}

// number returns the number of a value, 0 for none.
func (g *gathered) number(value string) uint32 {
	if value == "" {
		return 0
	}
	n, known := g.values[value]
	if !known {
		n = uint32(len(g.values) + 1)
		g.values[strings.Clone(value)] = n
	}
	return n
}

// covered returns the flows that began in the range itself.
func (g *gathered) covered() []*login {
	first, _ := slices.BinarySearchFunc(g.logins, g.from, func(l *login, at time.Time) int { return l.started.Compare(at) })
	return g.logins[first:]
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
