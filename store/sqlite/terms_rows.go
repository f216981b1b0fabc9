package sqlite

import (
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// What a row that is no event says is what many events say: the same strings and
// properties again and again, of which one each is indexed.

// property is an additional property.
type property struct{ path, value string }

// maxSaidKept is how many entries a map may have had to be used for the next record:
// to empty it costs as much as it ever held.
const maxSaidKept = 2_000

// emptied returns the map without what it holds, or another in the place of a large one.
func emptied[K comparable](said map[K]bool) map[K]bool {
	if len(said) > maxSaidKept {
		return map[K]bool{}
	}
	clear(said)
	return said
}

// read takes the strings of a record; of a row that is no event each once.
func (w *termWriter) read(r *audit.Record) {
	for _, value := range r.Document().Strings() {
		if w.rows {
			before := len(w.said)
			if w.said[value] = true; len(w.said) == before {
				continue
			}
		}
		w.strings = append(w.strings, value)
	}
}

// hasString reports whether the record has the string.
func (w *termWriter) hasString(value string) bool {
	if w.rows {
		return w.said[value]
	}
	return slices.Contains(w.strings, value)
}

// says reports whether the record says a field's value in a string; events do. Of most
// of the fields that no event has nobody asks.
func (w *termWriter) says(field *indexedField, value string) bool {
	return !w.rows || field.own && !field.byWords || value == "" || w.hasString(value)
}

// repeats reports whether a row that is no event had the property before.
func (w *termWriter) repeats(path, value string) bool {
	if !w.rows {
		return false
	}
	before := len(w.properties)
	w.properties[property{path, value}] = true
	return len(w.properties) == before
}
