package sqlite

import (
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// plan is how a query is answered: which rows to read, and what to verify on each.
type plan struct {
	asked  expr       // what the index is asked
	mask   int64      // the kinds, as row ids tell them
	span   span       // in which all records lie; checked on each row
	verify query.Node // what the index could not say; nil when it said all
	sure   expr       // what the index is asked for those that need not be verified, where some must
	words  string     // what relevance is measured by; empty for nothing
	every  string     // how the index is asked for all rows
	bounds []bound    // of each of the layout's numbers; nil where nothing is asked of them
	inHead bool       // the head of a row is enough to verify it
	manner            // of reading a page
	heads  bool       // only heads are wanted: a whole row that was verified is not kept

	// plain: nothing is asked but scope, kinds and time, which the tally knows.
	plain bool
	scope audit.Scope
	kinds []audit.Kind

	// unscoped is what the index is asked where each row's org is checked instead, as
	// is quicker for the few rows that have an id.
	unscoped expr
	checkOrg bool
}

// planFor turns a query's scope, kinds and tree into a plan.
func planFor(terms termMaker, scope audit.Scope, kinds []audit.Kind, where query.Node) plan {
	where, span := withoutTime(query.AllOf(where))
	networks := maxNetworks
	c := compiler{terms: terms, kinds: distinctKinds(terms.layout, kinds), networksLeft: &networks}
	where, bounds, numbered := c.withoutNumbers(where)
	found := c.compile(where, 0)
	asked := allOf(c.scope(scope), found.over, numbered)
	if !asked.demands() {
		asked = allOf(c.ofKinds(), asked)
	}
	p := plan{asked: asked, mask: kindMask(c.kinds), span: span, scope: scope, kinds: c.kinds, every: terms.everyAmong(c.kinds), bounds: bounds}
	p.unscoped = allOf(found.over, numbered)
	p.plain = found.exact && found.over.op == opAll && bounds == nil
	if !found.exact {
		p.verify, p.inHead = where, terms.headTells(where)
		p.sure = allOf(c.ofKinds(), c.scope(scope), found.under, numbered)
	}
	if w := c.wordsOf(where); w.op != opNone && w.op != opAll {
		p.words = w.text(p.every)
	}
	return p
}

// question is what the index is asked, in its query language.
func (p *plan) question() string { return p.asked.text(p.every) }

// fewRows returns the plan for reading rows of which few match, since they have one
// of the ids that the tree asks for; else the plan itself.
func (p *plan) fewRows(where query.Node) *plan {
	operands := []query.Node{where}
	if and, ok := where.(query.And); ok {
		operands = and.Nodes
	}
	if p.scope.All() || p.none() || !slices.ContainsFunc(operands, asksForID) {
		return p
	}
	checked := *p
	checked.asked, checked.checkOrg = p.unscoped, true
	return &checked
}

func asksForID(n query.Node) bool {
	exact, ok := n.(query.Exact)
	return ok && isID(exact.Field)
}

// holds reports whether a row lies in the plan's time, and in its scope where the
// index was not asked for that.
func (p *plan) holds(r *row) bool {
	return p.span.holds(r.nanos) && (!p.checkOrg || p.scope.Allows(r.org))
}

// none reports whether nothing can match.
func (p *plan) none() bool { return p.asked.op == opNone || p.span.from >= p.span.to }

// with returns the plan for those of its records that the index finds under e as well.
func (p *plan) with(e expr) *plan {
	narrowed := *p
	narrowed.asked, narrowed.plain = allOf(p.asked, e), false
	return &narrowed
}

// parts returns plans that share out the records of this one, for what adds up:
// those that the index is sure of, and those that have to be verified.
func (p *plan) parts() []*plan {
	if p.verify == nil || p.sure.op == opNone {
		return []*plan{p}
	}
	sure, rest := *p, *p
	sure.asked, sure.verify = p.sure, nil
	rest.asked, rest.sure = allOf(p.asked, not(p.sure)), nothing
	return []*plan{&sure, &rest}
}

// within returns the plan for those of its records that lie in a span.
func (p *plan) within(s span) *plan {
	narrowed := *p
	narrowed.span = p.span.intersect(s)
	return &narrowed
}

// withoutTime takes the range of time that every match lies in out of a tree.
func withoutTime(where query.Node) (query.Node, span) {
	switch n := where.(type) {
	case query.TimeRange:
		return query.All{}, spanOf(n.From, n.To)
	case query.And:
		rest, whole := make([]query.Node, 0, len(n.Nodes)), wholeSpan
		for _, operand := range n.Nodes {
			if r, ok := operand.(query.TimeRange); ok {
				whole = whole.intersect(spanOf(r.From, r.To))
				continue
			}
			rest = append(rest, operand)
		}
		return query.AllOf(rest...), whole
	}
	return where, wholeSpan
}

func distinctKinds(l *layout, kinds []audit.Kind) []audit.Kind {
	if len(kinds) == 0 {
		return l.Kinds
	}
	var distinct []audit.Kind
	for _, kind := range slices.Concat(l.Kinds, l.Apart) {
		if slices.Contains(kinds, kind) {
			distinct = append(distinct, kind)
		}
	}
	return distinct
}

// everyAmong returns how the index is asked for all rows that can be among those of
// the kinds.
func (l *layout) everyAmong(kinds []audit.Kind) string {
	if slices.ContainsFunc(kinds, func(kind audit.Kind) bool { return slices.Contains(l.Apart, kind) }) {
		return l.everyOf(kinds)
	}
	return l.every
}

// ofKinds asks for the kinds. Only what demands nothing else needs it: row ids
// tell the kind as well, and the index would go through all of a kind's records
// to find the few that have a word.
func (c compiler) ofKinds() expr {
	if slices.Equal(c.kinds, c.terms.Kinds) {
		return everything
	}
	var wanted []expr
	for _, kind := range c.kinds {
		wanted = append(wanted, term(kindOf(kind)))
	}
	return anyOf(wanted...)
}

func (c compiler) scope(scope audit.Scope) expr {
	if scope.All() {
		return everything
	}
	f, _ := c.terms.field(query.OrgID)
	var seen []expr
	for _, org := range scope.List() {
		if org == "" {
			seen = append(seen, term(lackTerm+f.code))
			continue
		}
		seen = append(seen, term(c.terms.hashed(f.exact, org)))
	}
	return anyOf(seen...)
}

// wordsOf asks for the words that a tree looks for: what relevance is measured
// by. Every record that matches and has such words is found.
func (c compiler) wordsOf(where query.Node) expr {
	switch n := where.(type) {
	case query.Words:
		return c.words(n.Tokens, n.Prefix)
	case query.FieldWords:
		return c.words(n.Tokens, n.Prefix)
	case query.And:
		return allOf(c.wordsOfEach(n.Nodes)...)
	case query.Or:
		return anyOf(c.wordsOfEach(n.Nodes)...)
	}
	return nothing
}

func (c compiler) wordsOfEach(nodes []query.Node) []expr {
	var found []expr
	for _, node := range nodes {
		if e := c.wordsOf(node); e.op != opNone {
			found = append(found, e)
		}
	}
	return found
}
