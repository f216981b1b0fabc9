package elastic

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// origin is where a reindex copied a record from, which is where the feed has
// it. The zero origin is that of all other records.
type origin struct {
	shard string // originOf
	seq   int64
}

// appendDocument appends the document of a record, as JSON on one line.
func (f *format) appendDocument(dst []byte, r *audit.Record, from origin) []byte {
	w := documentWriters.Get().(*documentWriter)
	defer documentWriters.Put(w)
	w.buf, w.format = dst, f
	w.collect(r)
	w.open('{')
	w.identity(r, from)
	w.values()
	w.lists(r)
	w.close('}')
	document := w.buf
	w.buf = nil // the caller's
	return document
}

type documentWriter struct {
	jsonWriter
	format *format
	fields []valuesOf // of the record
	words  []string
}

// valuesOf is a field that a record has.
type valuesOf struct {
	field  query.Field
	values []string
}

// documentWriters keeps the room that was needed for one record for the next.
var documentWriters = sync.Pool{New: func() any { return new(documentWriter) }}

// collect finds the fields that the record has.
func (w *documentWriter) collect(r *audit.Record) {
	w.fields = w.fields[:0]
	for _, field := range w.format.Fields {
		if values := r.Values(field); len(values) > 0 {
			w.fields = append(w.fields, valuesOf{field, values})
		}
	}
}

// identity writes what a record is restored from, and what it is sorted by.
func (w *documentWriter) identity(r *audit.Record, from origin) {
	w.name(fieldKind)
	w.number(int64(r.Kind))
	w.member(fieldOrg, shortened(r.Org))
	w.member(fieldTime, r.Time.UTC().Format(time.RFC3339Nano))
	w.member(fieldTie, tieOf(r.Org, r.UniqueID))
	w.name(fieldMeta)
	w.open('{')
	w.member("org", r.Org)
	w.member("unique_id", r.UniqueID)
	w.close('}')
	head, rest := w.format.split(r.Raw)
	if w.format.hasHeads() {
		w.member(fieldHead, head)
	}
	w.member(fieldBody, rest)
	if from.shard != "" {
		w.member(fieldCopied, from.shard)
		w.name(fieldCopiedSeq)
		w.number(from.seq)
	}
}

// values writes the objects that have a member for each field of the record.
func (w *documentWriter) values() {
	w.perField(fieldExact, func(_ query.Field, value string) bool { w.string(shortened(value)); return true })
	w.perField(fieldFolded, func(_ query.Field, value string) bool {
		folded := query.Fold(value)
		if folded == value {
			return false
		}
		w.string(shortened(folded))
		return true
	})
	w.perField(fieldText, func(field query.Field, value string) bool { return field.Text() && w.tokens(value) })
	w.perField(fieldNumber, func(_ query.Field, value string) bool {
		if value == "" || value[0] > '9' {
			return false // most values; an error of ParseInt costs more than all else here
		}
		number, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return false
		}
		w.number(number)
		return true
	})
}

// perField writes an object with a list for each field of which write writes
// something; nothing where it writes nothing at all.
func (w *documentWriter) perField(object string, write func(field query.Field, value string) bool) {
	begin := w.mark()
	w.name(objectOf(object))
	w.open('{')
	written := false
	for _, of := range w.fields {
		beginOf := w.mark()
		w.name(string(of.field))
		w.open('[')
		some := false
		for _, value := range of.values {
			some = write(of.field, value) || some
		}
		if w.close(']'); !some {
			w.reset(beginOf)
		}
		written = written || some
	}
	w.close('}')
	if !written {
		w.reset(begin)
	}
}

// listOf writes a member that is a list, unless write writes nothing into it.
func (w *documentWriter) listOf(name string, write func() bool) bool {
	begin := w.mark()
	w.name(name)
	w.open('[')
	some := write()
	w.close(']')
	if !some {
		w.reset(begin)
	}
	return some
}

// tokens writes the words of a text as the engine is to take them, unless there are none.
func (w *documentWriter) tokens(text string) bool {
	w.words = query.AppendTokens(w.words[:0], text)
	if len(w.words) == 0 {
		return false
	}
	w.next()
	w.buf = append(w.buf, '"')
	for i, word := range w.words { // letters and digits: nothing to escape
		if i > 0 {
			w.buf = append(w.buf, ' ')
		}
		w.buf = append(w.buf, word...)
	}
	w.buf = append(w.buf, '"')
	return true
}

// lists writes what the record as a whole can be asked about.
func (w *documentWriter) lists(r *audit.Record) {
	w.listOf(fieldHas, w.presence)
	w.listOf(fieldAddress, func() (some bool) {
		for _, value := range r.Values(query.SourceIP) {
			if address, ok := query.Address(value); ok {
				w.string(address.String())
				some = true
			}
		}
		return some
	})
	w.listOf(fieldExtra, func() (some bool) {
		for path, value := range r.Document().Extra() {
			w.string(shortened(extraTerm(path, query.Fold(value))))
			some = true
		}
		return some
	})
	w.listOf(fieldExtraPath, func() bool { return w.extraPaths(r) })
	w.listOf(fieldAttribute, func() bool { return w.attributes(r) })
	w.listOf(fieldWords, func() (some bool) {
		for _, text := range r.Document().Strings() {
			some = w.tokens(text) || some
		}
		return some
	})
}

func (w *documentWriter) presence() (some bool) {
	for _, of := range w.fields {
		if slices.ContainsFunc(of.values, func(value string) bool { return value != "" }) {
			w.string(string(of.field))
			some = true
		}
	}
	return some
}

// extraPaths writes the paths of the additional properties that have a value,
// of the elements of a list once.
func (w *documentWriter) extraPaths(r *audit.Record) (some bool) {
	before := ""
	for path, value := range r.Document().Extra() {
		if value == "" || some && path == before {
			continue
		}
		w.string(shortened(path))
		some, before = true, path
	}
	return some
}

func (w *documentWriter) attributes(r *audit.Record) bool {
	for _, a := range r.Attributes {
		for asked := range 8 {
			var parts [3]*string
			for i, part := range []*string{&a.Type, &a.ID, &a.OrgID} {
				if asked>>i&1 == 1 {
					parts[i] = part
				}
			}
			w.string(attributeTerm(parts[0], parts[1], parts[2]))
		}
	}
	return len(r.Attributes) > 0
}
