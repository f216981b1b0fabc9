package elastic

import (
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// format is what a store's rows are, and what follows from that here.
type format struct {
	audit.Format
	rows    string // the kinds of rows that are no events; empty for events
	version int    // of the mapping
	layout  int    // the version of the template
	known   map[query.Field]bool
	prose   []query.Field // the fields whose words can be asked about by themselves
}

// newFormat returns what the format comes to; the zero one is that of events.
func newFormat(of audit.Format) *format {
	if of.Restore == nil {
		of = audit.Events()
	}
	f := &format{Format: of, version: mappingVersion, layout: layoutVersion, known: make(map[query.Field]bool, len(of.Fields))}
	if !slices.Equal(of.Kinds, audit.Kinds) {
		f.rows, f.version, f.layout = kindNames(of.Kinds), rowsMappingVersion, rowsLayoutVersion
	}
	for _, field := range of.Fields {
		f.known[field] = true
		if field.Text() {
			f.prose = append(f.prose, field)
		}
	}
	return f
}

func kindNames(kinds []audit.Kind) string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = kind.String()
	}
	return strings.Join(names, "+")
}

// replaced reports whether rows change, and so have versions. Events do not.
func (f *format) replaced() bool { return f.rows != "" }

// hasHeads reports whether the beginnings of rows are kept by themselves.
func (f *format) hasHeads() bool { return f.Head != nil }

// split cuts a row's Raw into its head, where rows have one, and the rest.
func (f *format) split(raw string) (head, rest string) {
	if !f.hasHeads() {
		return "", raw
	}
	at := min(max(f.Head(raw), 0), len(raw))
	return raw[:at], raw[at:]
}

// describeRows names rows for people, of a mapping that says which they are.
func describeRows(rows string) string {
	if rows == "" {
		return "events"
	}
	return "rows of the kind " + rows
}
