package audit

import "context"

// Login flows are kept as rows of KindFlow, in a store of their own beside that
// of the events: package flow makes the rows, and says what they come to.

// FlowStore is a store of login flows.
type FlowStore interface {
	Searcher
	Looker
	Counter
	Scanner
	Feed
	Registry
	Prober
	Replacer
	// Close is as that of Store.
	Close() error
}

// Flows answers questions about login flows, as they are when it is asked: in what
// it finds, counts and returns, a flow is ABANDONED or IN_PROGRESS and never
// UNDECIDED, as its stored row says. Whatever kinds are asked for, the rows are login
// flows. As in questions about records, unique_id is that of a record; but a Lookup by
// UniqueID finds the flow whose own id it is. A Lookup by FlowID finds at most one for
// each key: the flow with that id, else the one with the earliest of the records that
// may have stood alone under it.
type Flows interface {
	Searcher
	Looker
	Counter
	Scanner
	Feed
	// Flow returns what a row comes to now. Of a row that Scan gave, it has neither
	// Records nor Links nor Verdict, and its Stages have no records; nor has that of a
	// row which was damaged, and whose verdict says so. Its slices may be those of the
	// row, and must not be changed.
	Flow(row *Record) *Flow
	// Summary returns what Flow does of a row that Scan gave, of any row. It is quick.
	Summary(row *Record) *Flow
}

// MaxReplacements is how many rows may be replaced at once.
const MaxReplacements = 2_000

// Replacer keeps rows that change.
//
// In a feed, a row that was replaced comes again, with a new place and as it is
// then: states that were replaced before they were read are passed over, and so is
// a row that was removed.
type Replacer interface {
	// Replace makes changes: at most MaxReplacements, and one for each row. When it
	// returns without an error, they are durable and seen by every call that
	// begins afterwards, from whichever process.
	//
	// A change applies to the version that its row was read at (Record.Version; the
	// empty one: there is no such row). When there is another one, the error is a
	// Conflict. After any error some of the changes may have been made.
	Replace(ctx context.Context, changes []Replacement) error
}

// Replacement is a change of one row.
type Replacement struct {
	Row    *Record // the new one, or the one to remove
	Was    Version // of the row that it takes the place of, or is removed; empty for none
	Remove bool
}

// Scanner reads many rows quickly.
type Scanner interface {
	// Scan calls yield for every row that matches, newest first, until it returns
	// false. The Raw of such a row is the head that its Format names, and its
	// Document knows the fields that the Format says, but no strings. Order and Window
	// do not matter. It may take several round trips; rows that change meanwhile may be
	// missed, or given as they were.
	Scan(ctx context.Context, q Query, yield func(*Record) bool) error
}
