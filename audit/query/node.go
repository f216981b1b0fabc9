package query

import (
	"net/netip"
	"time"
)

// Node is one node of a query tree. A nil Node matches every record.
//
// String prints the node in the search language. What [Parse] can produce
// parses back to an equal tree; the nodes that only filters produce ([Exact],
// [ExactPrefix], [Attribute]) print readably but have no syntax of their own.
type Node interface {
	String() string
	node()
}

// The nodes that combine others.
type (
	// And matches when every operand does. It has at least two.
	And struct{ Nodes []Node }
	// Or matches when any operand does. It has at least two.
	Or struct{ Nodes []Node }
	// Not matches when its operand does not.
	Not struct{ Node Node }
	// All matches every record (a search of nothing but a bare "*"; a filter that says nothing).
	All struct{}
	// None matches no record (an empty "in" list).
	None struct{}
)

// The nodes a person can type.
type (
	// Words matches when the tokens stand next to each other, in this order, in
	// one string of the record: a single word, or a phrase. With Prefix the last
	// token need only begin the word it meets. Tokens come from [Tokens] and are
	// never empty.
	Words struct {
		Tokens []string
		Prefix bool
	}
	// FieldWords is [Words] inside the values of one text field.
	FieldWords struct {
		Field  Field
		Tokens []string
		Prefix bool
	}
	// FieldValue compares a whole value of a field, both folded by [Fold]. With
	// Prefix the value need only begin so; an empty prefix is [Has].
	FieldValue struct {
		Field  Field
		Value  string // folded
		Prefix bool
	}
	// ExtraValue is [FieldValue] for an additional property, by its dotted path.
	ExtraValue struct {
		Path   string
		Value  string // folded
		Prefix bool
	}
	// Has matches when the field holds a value that is not empty.
	Has struct{ Field Field }
	// HasExtra matches when the additional property holds a scalar that is not an empty string.
	HasExtra struct{ Path string }
	// Network matches when a source_ip is an address inside the network. An IPv4
	// address mapped into IPv6 is the IPv4 address.
	Network struct {
		Field  Field
		Prefix netip.Prefix // masked
	}
	// TimeRange matches when From <= time < To. A zero bound is open. Parse gives
	// bounds in UTC, and at most one range per conjunction.
	TimeRange struct{ From, To time.Time }
)

// The nodes that only filters produce: REST parameters and GraphQL filters
// compare exactly, byte by byte.
type (
	// Exact matches when a value of the field is one of Values.
	Exact struct {
		Field  Field
		Values []string
	}
	// ExactPrefix matches when a value of the field begins with Prefix.
	ExactPrefix struct {
		Field  Field
		Prefix string
	}
	// Attribute matches when one single audit attribute fulfils all that is set:
	// empty members match anything. Documents that have attributes implement
	// [Attributed].
	Attribute struct{ Types, IDs, OrgIDs []string }
)

func (And) node()         {}
func (Or) node()          {}
func (Not) node()         {}
func (All) node()         {}
func (None) node()        {}
func (Words) node()       {}
func (FieldWords) node()  {}
func (FieldValue) node()  {}
func (ExtraValue) node()  {}
func (Has) node()         {}
func (HasExtra) node()    {}
func (Network) node()     {}
func (TimeRange) node()   {}
func (Exact) node()       {}
func (ExactPrefix) node() {}
func (Attribute) node()   {}

// Attributed is a [Document] that has audit attributes.
type Attributed interface {
	// HasAttribute reports whether one attribute fulfils everything that is set in want.
	HasAttribute(want Attribute) bool
}
