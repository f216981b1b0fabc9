package storetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// presentVersions gives every change the version that is present.
func presentVersions(m *flowMemory, changes []audit.Replacement, which func(audit.Replacement) bool) {
	for i, change := range changes {
		if at := -1; change.Row != nil && which(change) {
			if at = m.find(change.Row.Key()); at >= 0 {
				changes[i].Was = m.records[at].Version
			}
		}
	}
}

var flowDefects = map[string]flowDefect{
	"versions are ignored": {group: "replace", changes: func(m *flowMemory, c []audit.Replacement) {
		presentVersions(m, c, func(audit.Replacement) bool { return true })
	}},
	"what is removed is not compared": {group: "replace", changes: func(m *flowMemory, c []audit.Replacement) {
		presentVersions(m, c, func(c audit.Replacement) bool { return c.Remove })
	}},
	"what is made may be there": {group: "replace", changes: func(m *flowMemory, c []audit.Replacement) {
		presentVersions(m, c, func(c audit.Replacement) bool { return c.Was == "" })
	}},
	"versions are given again": {group: "replace", after: func(m *flowMemory, _ Oracle) {
		if len(m.records) == 0 {
			m.given = 0
		}
	}},
	"the last change is lost": {group: "replace", dropped: func(c []audit.Replacement) []audit.Replacement { return c[:max(len(c)-1, min(len(c), 1))] }},
	"removals are forgotten": {group: "replace", dropped: func(c []audit.Replacement) []audit.Replacement {
		return slices.DeleteFunc(c, func(c audit.Replacement) bool { return c.Remove })
	}},
	"the first of two is taken": {group: "replace", dropped: firstOfEach},
	"conflicts are swallowed":   {group: "replace", err: func(error) error { return nil }},
	"conflicts lose their code": {group: "replace", err: unknown},
	"times never change": {group: "replace", changes: func(m *flowMemory, c []audit.Replacement) {
		for i, change := range c {
			if change.Row == nil || m.find(change.Row.Key()) < 0 {
				continue
			}
			stored := change.Row.Stored()
			stored.Time = m.records[m.find(change.Row.Key())].Time
			c[i].Row = restoreFlow(stored)
		}
	}},
	"rows keep their place in the feed": {group: "feed of rows", after: keepPlaces},
	"old states are fed": {group: "feed of rows", fed: func(_ *flowMemory, b *audit.FeedBatch) {
		for i, r := range b.Records {
			b.Records[i] = versioned(login(0, "old", 0).record(), r.Version)
		}
	}},
	"the end of the feed moves": {group: "feed of rows", fed: func(m *flowMemory, b *audit.FeedBatch) {
		if len(b.Records) == 0 {
			b.Next = positionAt(m.given + 1)
		}
	}},
	"a wait wakes for what is gone": {group: "feed of rows", wait: func(*flowMemory, audit.Position) audit.Position { return "" }},
	"fed without versions": {group: "feed of rows", fed: func(_ *flowMemory, b *audit.FeedBatch) {
		for i, r := range b.Records {
			b.Records[i] = versioned(r, "")
		}
	}},
	"ranges of numbers include their end": {group: "numbers", query: leavesOf(func(n query.NumberRange) query.Node {
		if n.Max != nil && *n.Max < 1<<62 {
			most := *n.Max + 1
			n.Max = &most
		}
		return n
	})},
	"ranges of numbers in doubt are all": {group: "numbers", query: leavesOf(func(n query.NumberRange) query.Node {
		return or(n.Min == nil && n.Max == nil, query.All{}, n)
	})},
	"by duration is by end": {group: "numbers", query: func(q *audit.Query) {
		if q.Order.Field == audit.ByDuration {
			q.Order.Field = audit.ByEndedAt
			adopt(q, q.Window.After)
			adopt(q, q.Window.Before)
		}
	}},
	"ties of numbers are skipped": {group: "numbers", page: dropHits(func(q audit.Query, hit audit.Hit) bool {
		return q.Order.Field == audit.ByDuration && q.Window.After != nil && q.Window.After.Number == q.Order.NumberOf(hit.Record)
	})},
	"ties of numbers by time": {group: "numbers", page: func(q audit.Query, p *audit.Page) {
		slices.SortStableFunc(p.Hits, func(a, b audit.Hit) int {
			if q.Order.NumberOf(a.Record) != q.Order.NumberOf(b.Record) {
				return q.Order.Compare(a, b)
			}
			return a.Record.Time.Compare(b.Record.Time)
		})
	}},
	"only the first value is found": {group: "fields of rows", page: dropHits(func(q audit.Query, hit audit.Hit) bool {
		n, ok := q.Where.(query.Exact)
		value, _ := hit.Record.Get(n.Field)
		return ok && !slices.Contains(n.Values, value)
	})},
	"values are counted once too often": {group: "fields of rows", values: bump},
	"words are those of one record":     {group: "filters of rows", page: dropHits(func(q audit.Query, _ audit.Hit) bool { _, ok := q.Where.(query.And); return ok })},
	"attributes are anything":           {group: "filters of rows", query: leavesOf(func(query.Attribute) query.Node { return query.All{} })},
	"kinds of events are rows": {group: "filters of rows", query: func(q *audit.Query) {
		if len(q.Kinds) == 1 && q.Kinds[0] == audit.KindAuth {
			q.Kinds = nil
		}
	}},
	"ids without case": {group: "look-up of rows", lookup: func(l *audit.Lookup) {
		l.Keys = slices.Clone(l.Keys)
		for i := range l.Keys {
			l.Keys[i].Value = strings.ToLower(l.Keys[i].Value)
		}
	}},
	"other orgs are seen": {group: "scope of rows", query: func(q *audit.Query) { q.Scope = audit.AllOrgs() }},
	"a scan oldest first": {group: "scan", scanned: func(rows []*audit.Record) []*audit.Record { slices.Reverse(rows); return rows }},
	"a scan of 1,000":     {group: "scan", scanned: func(rows []*audit.Record) []*audit.Record { return rows[:min(len(rows), 1_000)] }},
	"a scan without versions": {group: "scan", scanned: func(rows []*audit.Record) []*audit.Record {
		for i, r := range rows {
			rows[i] = versioned(r, "")
		}
		return rows
	}},
}

// firstOfEach keeps the first change of each row.
func firstOfEach(changes []audit.Replacement) []audit.Replacement {
	named := map[audit.Key]bool{}
	return slices.DeleteFunc(changes, func(c audit.Replacement) bool {
		if c.Row == nil {
			return false
		}
		repeated := named[c.Row.Key()]
		named[c.Row.Key()] = true
		return repeated
	})
}

// keepPlaces gives the rows that were there before their old places in the feed again.
func keepPlaces(m *flowMemory, before Oracle) {
	var kept Oracle
	for _, old := range before {
		if at := m.find(old.Key()); at >= 0 {
			kept = append(kept, versioned(m.records[at], old.Version))
		}
	}
	for _, r := range m.records {
		if !slices.ContainsFunc(before, func(old *audit.Record) bool { return old.Key() == r.Key() }) {
			kept = append(kept, r)
		}
	}
	m.records = kept
}

func TestTheSuiteNoticesDefectsWithRows(t *testing.T) {
	t.Parallel()
	for name, d := range flowDefects {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := OpenFlows(func(testing.TB) audit.FlowStore { return flowMutant{newFlowMemory(), d} })
			failures := failuresOf(t, flowGroups(), d.group, open.asStore)
			if len(failures) == 0 {
				t.Errorf("the suite's group %q accepts a store with this defect", d.group)
			}
			for _, failure := range failures {
				if strings.Contains(failure, "the check is wrong") {
					t.Error(failure)
				}
			}
		})
	}
}

func TestTheWitnessFindsNoFaultInASoundFlowStore(t *testing.T) {
	t.Parallel()
	for _, g := range flowGroups() {
		if strings.HasPrefix(g.name, "generated") {
			continue // slow, and no different
		}
		if failures := failuresOf(t, flowGroups(), g.name, OpenFlows(openFlowMemory).asStore); len(failures) > 0 {
			t.Errorf("%s: %s", g.name, failures[0])
		}
	}
}
