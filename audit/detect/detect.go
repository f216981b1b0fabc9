package detect

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// MaxDetections is the most detections that one report may hold.
const MaxDetections = 500

// MaxRange is the longest range of time that can be asked for.
const MaxRange = 92 * 24 * time.Hour

// Flows are login flows, as far as detections need them; audit.Flows is more.
type Flows interface {
	audit.Scanner
	audit.Looker
	Flow(row *audit.Record) *audit.Flow
}

// Detector finds detections. It is safe for concurrent use.
type Detector struct {
	Flows   Flows
	Records audit.Searcher // the events, for the uses of tokens

	flows, whole, wholeRecords, past, uses int // bounds of tests; 0 for those of the package
}

// Request asks for detections.
type Request struct {
	Scope audit.Scope
	Rules []Rule // none means all

	// The latest evidence of each detection is in From <= time < To. To is now
	// unless given, and From a day before To.
	From, To time.Time

	Limit   int // 1 to MaxDetections
	Options Options
}

// Validate checks what can be checked without looking at flows: all errors are
// BadUserInput, but for a missing scope.
func (r Request) Validate() error {
	if err := r.Scope.Validate(); err != nil {
		return err
	}
	for _, rule := range r.Rules {
		if !rule.known() {
			return audit.Invalid("rules", "%q is no rule", rule)
		}
	}
	r = r.withDefaults(time.Now())
	switch {
	case r.Limit < 1 || r.Limit > MaxDetections:
		return audit.Invalid("limit", "must be from 1 to %d", MaxDetections)
	case !r.From.Before(r.To):
		return audit.Invalid("time", "ends before it begins")
	case r.To.Sub(r.From) > MaxRange:
		return audit.Invalid("time", "is longer than %d days", days(MaxRange))
	}
	return nil
}

func (r Request) withDefaults(now time.Time) Request {
	if r.To.IsZero() {
		r.To = now
	}
	if r.From.IsZero() {
		r.From = r.To.Add(-24 * time.Hour)
	}
	r.From, r.To, r.Options = r.From.UTC(), r.To.UTC(), r.Options.withDefaults()
	return r
}

// Detect returns what was found. It reads the flows in two scans that follow each
// other, then a few of them in full, some at a time, and the uses of tokens page by page.
func (d Detector) Detect(ctx context.Context, r Request) (Report, error) {
	if err := r.Validate(); err != nil {
		return Report{}, err
	}
	r = r.withDefaults(time.Now())
	g, err := d.gather(ctx, r)
	if err != nil {
		return Report{}, err
	}
	if err := d.readWhole(ctx, r, g); err != nil {
		return Report{}, err
	}
	found := g.find(r)
	if r.wants(TokenFromForeignNetwork) {
		uses, err := d.foreignTokens(ctx, r, g)
		if err != nil {
			return Report{}, err
		}
		found = append(found, uses...)
	}
	found = slices.DeleteFunc(found, func(f *Detection) bool { return f.Last.Before(g.from) })
	slices.SortFunc(found, func(a, b *Detection) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Org, b.Org), cmp.Compare(a.ID, b.ID))
	})
	report := Report{Detections: found, From: g.from, To: g.to, FlowsRead: g.read, Gaps: g.gaps}
	if len(found) > r.Limit {
		report.Detections, report.Truncated = found[:r.Limit], true
	}
	return report, nil
}

// find applies the rules that need nothing but flows.
func (g *gathered) find(r Request) []*Detection {
	var found []*Detection
	if r.wants(PasswordGuessing) {
		found = append(found, g.guessing(r.Options)...)
	}
	if r.wants(Spraying) {
		found = append(found, g.spraying(r.Options)...)
	}
	if r.wants(MFAFatigue) {
		found = append(found, g.fatigue(r.Options)...)
	}
	if r.wants(NewNetwork, NewDevice, NewIDP) {
		for _, news := range g.news(r.Options) {
			if r.wants(news.Rule) {
				found = append(found, news)
			}
		}
	}
	if r.wants(ServiceAccountInteractive) {
		found = append(found, g.service(r.Options)...)
	}
	return found
}

// wants reports whether any of the rules is asked for.
func (r Request) wants(rules ...Rule) bool {
	return len(r.Rules) == 0 || slices.ContainsFunc(rules, func(rule Rule) bool { return slices.Contains(r.Rules, rule) })
}

func (r Request) wantsHistory() bool {
	return r.wants(NewNetwork, NewDevice, NewIDP, ServiceAccountInteractive, TokenFromForeignNetwork)
}

// lead is how long before the range evidence may begin.
func (r Request) lead() time.Duration {
	lead := max(r.Options.GuessWindow, r.Options.SprayWindow, r.Options.FatigueWindow)
	if r.wants(TokenFromForeignNetwork) {
		lead = max(lead, r.Options.TokenLife)
	}
	return lead
}

func (d Detector) maxFlows() int        { return cmp.Or(d.flows, MaxFlows) }
func (d Detector) maxWhole() int        { return cmp.Or(d.whole, MaxWhole) }
func (d Detector) maxWholeRecords() int { return cmp.Or(d.wholeRecords, MaxWholeRecords) }
func (d Detector) maxPast() int         { return cmp.Or(d.past, MaxPastLogins) }
func (d Detector) maxUses() int         { return cmp.Or(d.uses, MaxUses) }
