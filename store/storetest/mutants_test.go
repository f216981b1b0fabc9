package storetest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// defect is what a mutant does wrong, and the group of checks that must notice.
type defect struct {
	group    string
	query    func(q *audit.Query)                              // how it misunderstands a query
	page     func(q audit.Query, p *audit.Page)                // how it spoils a page
	batch    func([]*audit.Record) []*audit.Record             // what it makes of a batch
	outcomes func([]audit.Outcome)                             // how it misreports what became of the batch
	values   func([]audit.ValueCount) []audit.ValueCount       // how it miscounts values
	buckets  func([]audit.Bucket) []audit.Bucket               // how it spoils a histogram
	fed      func([]*audit.Record) []*audit.Record             // how it spoils the feed
	position func(before, after audit.Position) audit.Position // how it moves in the feed
	lookup   func(*audit.Lookup)                               // how it misunderstands a look-up
	err      func(error) error                                 // what it makes of errors
}

func leaves(change func(query.Node) query.Node) func(*audit.Query) {
	return func(q *audit.Query) { q.Where = rewrite(q.Where, change) }
}

func rewrite(n query.Node, change func(query.Node) query.Node) query.Node {
	all := func(nodes []query.Node) []query.Node {
		var list []query.Node
		for _, node := range nodes {
			list = append(list, rewrite(node, change))
		}
		return list
	}
	switch n := n.(type) {
	case query.And:
		return query.And{Nodes: all(n.Nodes)}
	case query.Or:
		return query.Or{Nodes: all(n.Nodes)}
	case query.Not:
		return change(query.Not{Node: rewrite(n.Node, change)})
	}
	return change(n)
}

// leavesOf is leaves for one type of node.
func leavesOf[N query.Node](change func(N) query.Node) func(*audit.Query) {
	return leaves(func(n query.Node) query.Node {
		if n, ok := n.(N); ok {
			return change(n)
		}
		return n
	})
}

func sameTime(a *audit.Cursor, hit audit.Hit) bool { return a != nil && a.Time.Equal(hit.Record.Time) }

var defects = map[string]defect{
	"a default page size of 50":  {group: "paging", query: func(q *audit.Query) { q.Window.Limit = min(q.Window.Limit, 50) }},
	"pages of at most 499":       {group: "paging", query: func(q *audit.Query) { q.Window.Limit = min(q.Window.Limit, 499) }},
	"any limit is accepted":      {group: "paging", query: func(q *audit.Query) { q.Window.Limit = max(1, min(q.Window.Limit, 500)) }},
	"always newest first":        {group: "paging", query: func(q *audit.Query) { q.Order.Ascending = false; q.Window.After, q.Window.Before = nil, nil }},
	"backwards is forwards":      {group: "paging", query: func(q *audit.Query) { q.Window.Backward = false }},
	"cursors are ignored":        {group: "paging", query: func(q *audit.Query) { q.Window.After, q.Window.Before = nil, nil }},
	"the end of a window":        {group: "paging", query: func(q *audit.Query) { q.Window.Before = nil }},
	"cursors of any list":        {group: "paging", query: func(q *audit.Query) { adopt(q, q.Window.After); adopt(q, q.Window.Before) }},
	"always one more":            {group: "paging", page: func(_ audit.Query, p *audit.Page) { p.HasNext = true }},
	"never one before":           {group: "paging", page: func(_ audit.Query, p *audit.Page) { p.HasPrevious = false }},
	"more only when full":        {group: "paging", page: func(q audit.Query, p *audit.Page) { p.HasNext = p.HasNext || len(p.Hits) == q.Window.Limit }},
	"a short page is the last":   {group: "large pages", page: func(q audit.Query, p *audit.Page) { p.HasNext = p.HasNext && len(p.Hits) == q.Window.Limit }},
	"ties are skipped":           {group: "paging", page: dropHits(func(q audit.Query, hit audit.Hit) bool { return sameTime(q.Window.After, hit) })},
	"times to the millisecond":   {group: "5,000 records in one millisecond", page: func(_ audit.Query, p *audit.Page) { sortCoarsely(p, time.Millisecond) }},
	"ties lost backwards":        {group: "paging", page: dropHits(func(q audit.Query, hit audit.Hit) bool { return sameTime(q.Window.Before, hit) })},
	"128 of a millisecond":       {group: "5,000 records in one millisecond", batch: func(batch []*audit.Record) []*audit.Record { return batch[:min(len(batch), 128)] }},
	"ranges include their end":   {group: "filters", query: leavesOf(func(n query.TimeRange) query.Node { return query.TimeRange{From: n.From, To: plus(n.To, 1)} })},
	"ranges exclude their start": {group: "filters", query: leavesOf(func(n query.TimeRange) query.Node { return query.TimeRange{From: plus(n.From, 1), To: n.To} })},
	"ranges to the microsecond": {group: "filters", query: leavesOf(func(n query.TimeRange) query.Node {
		return query.TimeRange{From: n.From.Truncate(time.Microsecond), To: n.To.Truncate(time.Microsecond)}
	})},
	"reads are always shown": {group: "filters", query: func(q *audit.Query) {
		if len(q.Kinds) == 0 {
			q.Kinds = append(slices.Clip(audit.Kinds), audit.KindRead)
		}
	}},
	"kinds are ignored":         {group: "filters", query: func(q *audit.Query) { q.Kinds = nil }},
	"an empty list is anything": {group: "filters", query: leavesOf(func(n query.Exact) query.Node { return or(len(n.Values) == 0, query.All{}, n) })},
	"attributes are mixed": {group: "filters", query: leavesOf(func(n query.Attribute) query.Node {
		return query.And{Nodes: []query.Node{query.Attribute{Types: n.Types}, query.Attribute{IDs: n.IDs}, query.Attribute{OrgIDs: n.OrgIDs}}}
	})},
	"networks are prefixes": {group: "filters", query: leavesOf(func(n query.Network) query.Node {
		return query.ExactPrefix{Field: n.Field, Prefix: strings.TrimRight(n.Prefix.Addr().String(), ".0:")}
	})},
	"NOT is forgotten": {group: "filters", query: leavesOf(func(n query.Not) query.Node { return n.Node })},
	"exact ignores case": {group: "every field", query: leavesOf(func(n query.Exact) query.Node {
		return query.FieldValue{Field: n.Field, Value: query.Fold(strings.Join(n.Values, ""))}
	})},
	"one field is not indexed": {group: "every field", query: leavesOf(func(n query.Exact) query.Node { return or(n.Field == query.ParentID, query.None{}, n) })},
	"values are prefixes": {group: "every field", query: leavesOf(func(n query.FieldValue) query.Node {
		return query.FieldValue{Field: n.Field, Value: n.Value, Prefix: true}
	})},
	"phrases are words": {group: "text", query: leavesOf(func(n query.Words) query.Node {
		var words []query.Node
		for i, token := range n.Tokens {
			words = append(words, query.Words{Tokens: []string{token}, Prefix: n.Prefix && i == len(n.Tokens)-1})
		}
		return query.And{Nodes: words}
	})},
	"prefixes are words": {group: "text", query: leavesOf(func(n query.Words) query.Node { return query.Words{Tokens: n.Tokens} })},
	"accents matter": {group: "text", query: leavesOf(func(n query.Words) query.Node {
		return or(slices.Contains(n.Tokens, "resume"), query.None{}, n)
	})},
	"long values are cut": {group: "awkward records", query: leavesOf(func(n query.Exact) query.Node {
		return or(len(n.Values) == 1 && len(n.Values[0]) > 32_766, query.ExactPrefix{Field: n.Field, Prefix: strings.Join(n.Values, "")[:min(32_766, len(strings.Join(n.Values, "")))]}, n)
	})},
	"paths are folded":  {group: "filters", query: leavesOf(func(n query.HasExtra) query.Node { return query.HasExtra{Path: strings.ToLower(n.Path)} })},
	"raw is compacted":  {group: "awkward records", batch: changed(func(s *audit.Stored) { s.Raw = strings.ReplaceAll(s.Raw, "\t", " ") })},
	"microseconds":      {group: "awkward records", batch: changed(func(s *audit.Stored) { s.Time = s.Time.Truncate(time.Microsecond) })},
	"kind is forgotten": {group: "filters", batch: changed(func(s *audit.Stored) { s.Kind = audit.KindGeneric })},
	"generated: values are prefixes": {group: "generated records 1", query: leavesOf(func(n query.FieldValue) query.Node {
		return query.FieldValue{Field: n.Field, Value: n.Value, Prefix: true}
	})},
	"generated: exact ignores case": {group: "generated records 2", query: leavesOf(func(n query.Exact) query.Node {
		return query.FieldValue{Field: n.Field, Value: query.Fold(strings.Join(n.Values, ""))}
	})},
	"generated: ranges include their end": {group: "generated records 3", query: leavesOf(func(n query.TimeRange) query.Node {
		return query.TimeRange{From: n.From, To: plus(n.To, 1)}
	})},
	"generated: phrases end in prefixes": {group: "generated records 1", query: leavesOf(func(n query.Words) query.Node {
		return query.Words{Tokens: n.Tokens, Prefix: true}
	})},
	"generated: ties by chance": {group: "generated records 3", values: func(v []audit.ValueCount) []audit.ValueCount { return tiesReversed(v) }},
	"scope is ignored":          {group: "scope", query: func(q *audit.Query) { q.Scope = audit.AllOrgs() }},
	"no scope is all": {group: "scope", query: func(q *audit.Query) {
		if q.Scope.Validate() != nil {
			q.Scope = audit.AllOrgs()
		}
	}},
	"the empty org is everybody's": {group: "scope", query: func(q *audit.Query) {
		if !q.Scope.All() {
			q.Scope = audit.Orgs(append([]string{""}, q.Scope.List()...)...)
		}
	}},
	"keys leave the scope":      {group: "scope", lookup: func(l *audit.Lookup) { l.Scope = audit.AllOrgs() }},
	"one key asked in all orgs": {group: "look-up", lookup: func(l *audit.Lookup) { l.Keys = slices.Clone(l.Keys); anyOrg(l.Keys) }},
	"kinds in look-ups":         {group: "look-up", lookup: func(l *audit.Lookup) { l.Kinds = nil }},
	"keys of one field":         {group: "look-up", lookup: func(l *audit.Lookup) { l.Keys = slices.Clone(l.Keys); oneField(l.Keys) }},
	"a thousand keys":           {group: "look-up", lookup: func(l *audit.Lookup) { l.Keys = l.Keys[:min(len(l.Keys), 1000)] }},
	"look-ups of any size":      {group: "large pages", lookup: func(l *audit.Lookup) { l.PageBytes = 0 }},
	"all look-ups bounded":      {group: "large pages", lookup: func(l *audit.Lookup) { l.PageBytes = max(l.PageBytes, audit.MaxPageBytes) }},
	"look-ups newest first":     {group: "look-up", lookup: func(l *audit.Lookup) { l.Order = audit.Order{}; l.Window.After, l.Window.Before = nil, nil }},
	"repeats are accepted":      {group: "append", outcomes: func(o []audit.Outcome) { clear(o) }},
	"the first is lost":         {group: "append", batch: func(batch []*audit.Record) []*audit.Record { return batch[min(1, len(batch)):] }},
	"duplicates are counted":    {group: "counts", values: func(v []audit.ValueCount) []audit.ValueCount { return bump(v) }},
	"ties by chance":            {group: "counts", values: func(v []audit.ValueCount) []audit.ValueCount { return tiesReversed(v) }},
	"cut too early":             {group: "counts", values: func(v []audit.ValueCount) []audit.ValueCount { return v[:min(len(v), 10)] }},
	"gaps are left": {group: "histograms", buckets: func(b []audit.Bucket) []audit.Bucket {
		return slices.DeleteFunc(b, func(b audit.Bucket) bool { return b.Count == 0 })
	}},
	"one bucket short":          {group: "histograms", buckets: func(b []audit.Bucket) []audit.Bucket { return b[:max(0, len(b)-1)] }},
	"the feed by time":          {group: "feed", fed: sorted},
	"the feed skips":            {group: "feed", fed: func(r []*audit.Record) []*audit.Record { return r[:max(min(len(r), 1), len(r)-1)] }},
	"the end moves":             {group: "feed", position: func(_, after audit.Position) audit.Position { return cmp.Or(after, "m0") }},
	"any position is the start": {group: "feed", err: func(error) error { return nil }},
	"by relevance, some only":   {group: "relevance", page: func(q audit.Query, p *audit.Page) { p.Hits = p.Hits[:min(len(p.Hits), 20)] }},
	"by relevance, by time":     {group: "relevance", page: func(_ audit.Query, p *audit.Page) { flat(p) }},
	"errors are swallowed":      {group: "lifecycle", err: func(error) error { return nil }},
	"errors lose their code":    {group: "lifecycle", err: func(err error) error { return unknown(err) }},
}
