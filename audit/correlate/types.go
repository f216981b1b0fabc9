package correlate

import (
	"net/url"

	"github.com/authtrail/authtrail/audit"
)

// Kind is what a node of a correlation is: a record, or an id of some kind.
type Kind string

// The kinds. A user or an address may only be started from: nothing leads to them.
const (
	Record   Kind = "RECORD"
	Request  Kind = "REQUEST"
	Trace    Kind = "TRACE"
	Token    Kind = "TOKEN"
	Session  Kind = "SESSION"
	User     Kind = "USER"
	SourceIP Kind = "SOURCE_IP"
)

// Key is what a correlation starts from.
type Key struct {
	Kind   Kind
	Value  string // of a Record its unique_id; of a User either of the two ids
	Org    string
	AnyOrg bool // whichever org in the scope has it
}

// Options bound a correlation.
type Options struct {
	MaxHops  int // 1 to MaxHops
	MaxNodes int // 1 to audit.MaxLookupKeys; 0 for DefaultNodes
}

// What a correlation is bounded by unless it is told otherwise, and at most.
const (
	DefaultHops  = 2
	MaxHops      = 6
	DefaultNodes = 1_000
)

// maxTied is how many records an id may be on and still be followed.
const maxTied = audit.MaxLookupRows

func (o *Options) complete() error {
	if o.MaxNodes == 0 {
		o.MaxNodes = DefaultNodes
	}
	if o.MaxHops < 1 || o.MaxHops > MaxHops {
		return audit.Invalid("maxHops", "must be from 1 to %d", MaxHops)
	}
	if o.MaxNodes < 1 || o.MaxNodes > audit.MaxLookupKeys {
		return audit.Invalid("maxNodes", "must be from 1 to %d", audit.MaxLookupKeys)
	}
	return nil
}

// Correlation is what a key leads to, as a graph. It depends on the records alone,
// and not on the order in which they came in.
type Correlation struct {
	Nodes     []*Node              // in the order in which they were come upon, nearest first
	Links     []*Link              // by record, in the order of the nodes; of one record surest first
	Conflicts []audit.FlowConflict // the ids that were not followed since they cannot be trusted, and why
	Truncated bool                 // there may be more
	Reason    string               // why there may be more, in a sentence; empty when there is not
}

// Node is a record, or an id that ties records of one org.
type Node struct {
	Kind   Kind
	OrgID  string
	Value  string        // the id; of a record its unique_id
	Hop    int           // after how many hops it was come upon; 0 for the key
	Record *audit.Record // nil for an id
	// Followed is set when the records that have the id are nodes too, as far as
	// there is room; of a record always.
	Followed bool

	distrusted bool
}

// Key names the node, in any correlation.
func (n *Node) Key() string {
	return string(n.Kind) + "/" + url.PathEscape(n.OrgID) + "/" + url.PathEscape(n.Value)
}

// Link says that a record has an id.
type Link struct {
	Record, ID *Node
	// Strength is how sure it is that the records with this id belong together. That
	// of an id which cannot be trusted is Weak.
	Strength audit.LinkStrength
}

// Via is what the id is.
func (l *Link) Via() Kind { return l.ID.Kind }

// Value is the id.
func (l *Link) Value() string { return l.ID.Value }

func strengthOf(id *Node) audit.LinkStrength {
	switch {
	case id.distrusted:
		return audit.Weak
	case id.Kind == Request:
		return audit.Certain
	case id.Kind == Trace, id.Kind == Token:
		return audit.Strong
	}
	return audit.Weak
}
