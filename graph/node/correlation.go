package node

import (
	"github.com/authtrail/authtrail/audit/correlate"
)

// Correlation is what one id leads to.
type Correlation struct {
	*correlate.Correlation
	nodes map[*correlate.Node]*CorrelationNode
	rows  *rows
}

// CorrelationNode is a record, or an id that ties records.
type CorrelationNode struct {
	*correlate.Node
	row row
}

// CorrelationLink says that a record has an id.
type CorrelationLink struct {
	*correlate.Link
	Record, ID *CorrelationNode
}

// CorrelationRecord is a record of any kind.
type CorrelationRecord interface{ IsCorrelationRecord() }

// IsCorrelationRecord implements CorrelationRecord.
func (AuthAudit) IsCorrelationRecord() {}

// IsCorrelationRecord implements CorrelationRecord.
func (Audit) IsCorrelationRecord() {}

// IsCorrelationRecord implements CorrelationRecord.
func (Event) IsCorrelationRecord() {}

// CorrelationOf returns the node of a correlation. Its records are siblings.
func CorrelationOf(reader *Reader, found *correlate.Correlation) *Correlation {
	c := &Correlation{Correlation: found, nodes: map[*correlate.Node]*CorrelationNode{}, rows: &rows{reader: reader}}
	for _, n := range found.Nodes {
		c.nodes[n] = &CorrelationNode{Node: n}
		if n.Record != nil {
			c.nodes[n].row = row{rows: c.rows, at: len(c.rows.records)}
			c.rows.records = append(c.rows.records, n.Record)
		}
	}
	return c
}

// Nodes are the records and the ids.
func (c *Correlation) Nodes() []*CorrelationNode {
	nodes := make([]*CorrelationNode, len(c.Correlation.Nodes))
	for i, n := range c.Correlation.Nodes {
		nodes[i] = c.nodes[n]
	}
	return nodes
}

// Links say which record has which id.
func (c *Correlation) Links() []CorrelationLink {
	links := make([]CorrelationLink, len(c.Correlation.Links))
	for i, link := range c.Correlation.Links {
		links[i] = CorrelationLink{Link: link, Record: c.nodes[link.Record], ID: c.nodes[link.ID]}
	}
	return links
}

// Reason is why it was cut.
func (c *Correlation) Reason() *string { return optional(c.Correlation.Reason) }

// Record is the record; nil for an id.
func (n *CorrelationNode) Record() CorrelationRecord {
	if n.Node.Record == nil {
		return nil
	}
	return recordNode(n.row).(CorrelationRecord)
}
