package node

import (
	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// flowGroup is the flows that were read together.
type flowGroup struct {
	reader *Reader
	flows  []*audit.Flow   // their summaries, or all of them where there are no rows
	rows   []*audit.Record // what they are made of, when something needs their records
	search query.Node      // what found them; to highlight
	memo   memo
}

// flowGroup returns the flows of rows.
func (r *rows) flowGroup() *flowGroup {
	group := &flowGroup{reader: r.reader, search: r.search, flows: make([]*audit.Flow, len(r.records)), rows: r.records}
	for i, record := range r.records {
		group.flows[i] = r.reader.Flows.Summary(record)
	}
	return group
}

// whole returns the flows with their records.
func (g *flowGroup) whole() []*audit.Flow {
	if g.rows == nil {
		return g.flows
	}
	return shared(&g.memo, "whole", func() []*audit.Flow {
		flows := make([]*audit.Flow, len(g.rows))
		for i, row := range g.rows {
			flows[i] = g.reader.Flows.Flow(row)
		}
		return flows
	})
}

// groupRows are all records of a group's flows as siblings.
type groupRows struct {
	rows   *rows
	places map[audit.Key]int
}

// authAudits returns the nodes of some records of the group's flows.
func (g *flowGroup) authAudits(records []*audit.Record) []*AuthAudit {
	all := shared(&g.memo, "rows", g.allRows)
	nodes := make([]*AuthAudit, len(records))
	for i, record := range records {
		nodes[i] = authAudit(row{rows: all.rows, at: all.places[record.Key()]})
	}
	return nodes
}

func (g *flowGroup) allRows() groupRows {
	all := groupRows{rows: &rows{reader: g.reader, search: g.search}, places: map[audit.Key]int{}}
	for _, flow := range g.whole() {
		for _, record := range flow.Records {
			all.places[record.Key()] = len(all.rows.records)
			all.rows.records = append(all.rows.records, record)
		}
	}
	return all
}
