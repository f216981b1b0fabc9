package sqlite

import (
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// layout is what a format comes to in a database, worked out once.
type layout struct {
	audit.Format
	rows     bool           // its rows are replaced; events never are
	fields   []indexedField // in the order of Format.Fields
	position map[query.Field]int
	every    string // how FTS5 is asked for all rows but those apart: each has a kind
	inHead   map[query.Field]bool
	putRow   string // the statement that writes a row that is replaced
}

// layoutOf works a format out; that of events is the zero Format's.
func layoutOf(format audit.Format) *layout {
	l := &layout{Format: format, position: map[query.Field]int{}}
	if format.Restore == nil {
		l.Format = audit.Events()
	}
	l.rows = !slices.Equal(l.Kinds, audit.Kinds)
	l.fields = l.indexedFields()
	for i, field := range l.fields {
		l.position[field.Field] = i
	}
	l.every = l.everyOf(l.Kinds)
	l.inHead = fieldSet(l.HeadFields...)
	l.putRow = "REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?" + strings.Repeat(", ?", len(l.Numbers)) + ", ?)"
	return l
}

// name says in a database which format its rows have: two formats of one name
// read each other's rows.
func (l *layout) name() string {
	if !l.rows {
		return "events"
	}
	var name strings.Builder
	for i, kind := range l.Kinds {
		if i > 0 {
			name.WriteString(", ")
		}
		name.WriteString(kind.String())
	}
	for i, field := range l.Numbers {
		name.WriteString([]string{" by ", ", "}[min(i, 1)] + string(field))
	}
	name.WriteString(" and time")
	return name.String()
}

// everyOf returns how FTS5 is asked for all rows of some kinds.
func (l *layout) everyOf(kinds []audit.Kind) string {
	terms := make([]string, len(kinds))
	for i, kind := range kinds {
		terms[i] = quoted(kindOf(kind))
	}
	return strings.Join(terms, " OR ")
}

// kindUnknown reports whether no row is of the kind.
func (l *layout) kindUnknown(kind audit.Kind) bool {
	return !slices.Contains(l.Kinds, kind) && !slices.Contains(l.Apart, kind)
}

// number returns a field's place among the fields; -1 when rows have no such field.
func (l *layout) number(field query.Field) int {
	if at, ok := l.position[field]; ok {
		return at
	}
	return -1
}

// field returns what the index has to know of a field, if rows have it.
func (l *layout) field(field query.Field) (*indexedField, bool) {
	at, ok := l.position[field]
	if !ok {
		return nil, false
	}
	return &l.fields[at], true
}

// stored returns the place of the field that the database knows by a number; -1
// when a program that knew more fields wrote it.
func (l *layout) stored(number int) int {
	return slices.IndexFunc(l.fields, func(f indexedField) bool { return f.stored == number })
}

// column returns which of the numbers a field is; -1 for none.
func (l *layout) column(field query.Field) int { return slices.Index(l.Numbers, field) }
