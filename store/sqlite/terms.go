package sqlite

import (
	"slices"
	"sync"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// The index holds one text per record: the words of its strings, as
// query.Tokens makes them, and one term for everything else that can be asked.
// Such a term begins with an underscore, which no word holds.
const (
	separator  = "_"  // between two strings, so that no phrase crosses them
	kindTerm   = "_k" // + kind: what kind of event it is
	codeTerm   = "_c" // + field + hash: a value that has a code, see codes.go; such a record has none of its words, and no other term of it
	exactTerm  = "_e" // + field + hash: a value, byte by byte; not where its words are enough, see byWords
	foldedTerm = "_f" // + field + hash: a folded value, where folding changed it; not of text fields
	hasTerm    = "_h" // + field: it has the field, although its kind seldom does
	lackTerm   = "_l" // + field: it lacks the field, although its kind seldom does
	netTerm    = "_n" // + field + hash: a network that an address lies in
	extraTerm  = "_x" // + hash: an additional property's path and folded value
	pathTerm   = "_y" // + hash: an additional property's path, if it has a value
	apartTerm  = "_w" // + field: a row that is no event has a value of the field that is not among its strings
)

// termMaker makes the terms of one database.
type termMaker struct {
	*layout
	key   hashKey
	codes *codebook
}

const base32Digits = "abcdefghijklmnopqrstuvwxyz234567"

// appendHashed appends a term that ends in the hash of its parts.
func (t termMaker) appendHashed(dst []byte, class string, parts ...string) []byte {
	dst, _ = t.appendSum(dst, class, parts...)
	return dst
}

// appendSum is appendHashed, and returns the hash as well.
func (t termMaker) appendSum(dst []byte, class string, parts ...string) ([]byte, uint64) {
	start := len(dst)
	dst = append(dst, class...)
	for _, part := range parts {
		dst = append(dst, 0)
		dst = append(dst, part...)
	}
	sum := t.key.sum(dst[start:])
	dst = append(dst[:start], class...)
	for shift := 60; shift >= 0; shift -= 5 {
		dst = append(dst, base32Digits[sum>>shift&31])
	}
	return dst, sum
}

func (t termMaker) hashed(class string, parts ...string) string {
	return string(t.appendHashed(nil, class, parts...))
}

// valueTerm asks for the records that hold a value in a field, byte by byte, for
// all that its terms tell.
func (t termMaker) valueTerm(field int, value string) expr {
	exact := term(t.hashed(t.fields[field].exact, value))
	if c := t.codes.find(field, value); c != nil {
		return anyOf(term(c.term), exact)
	}
	return exact
}

func kindOf(kind audit.Kind) string { return kindTerm + string('0'+byte(kind)) }

// indexed is what the index gets of a record.
type indexed struct {
	terms  string
	values []listed // those of its fields' values that are worth a place in the lists of values
	codes  []*code  // those it has
}

// index returns what the index holds of a record.
func (t termMaker) index(r *audit.Record) indexed {
	w := termWriters.Get().(*termWriter)
	defer w.release()
	w.termMaker = t
	w.read(r)
	w.add(kindOf(r.Kind))
	for i := range t.fields {
		w.field(r, i)
	}
	w.words()
	for path, value := range r.Document().Extra() {
		if w.isField(r, path, value) || w.repeats(path, value) {
			continue
		}
		w.next()
		w.text = t.appendHashed(w.text, extraTerm, path, query.Fold(value))
		if value != "" {
			w.next()
			w.text = t.appendHashed(w.text, pathTerm, path)
		}
	}
	return indexed{terms: string(w.text), values: slices.Clone(w.values), codes: slices.Clone(w.given)}
}

// termWriter collects the terms of one record.
type termWriter struct {
	termMaker
	text    []byte
	tokens  []string
	strings []string        // all that the event has
	sought  []string        // values of fields that are looked for by their words
	said    map[string]bool // of a row that is no event: its strings, which many of its records repeat
	values  []listed
	given   []*code

	properties map[property]bool // of a row that is no event, likewise
}

// termWriters keeps the room that was needed for one record for the next.
var termWriters = sync.Pool{New: func() any {
	return &termWriter{said: map[string]bool{}, properties: map[property]bool{}}
}}

// release empties the writer for the next record, without a trace of this one, of which
// the pool need not keep any part.
func (w *termWriter) release() {
	clear(w.strings)
	clear(w.sought)
	clear(w.values)
	*w = termWriter{text: w.text[:0], tokens: w.tokens[:0], strings: w.strings[:0], sought: w.sought[:0],
		values: w.values[:0], given: w.given[:0], said: emptied(w.said), properties: emptied(w.properties)}
	termWriters.Put(w)
}

func (w *termWriter) next() {
	if len(w.text) > 0 {
		w.text = append(w.text, ' ')
	}
}

func (w *termWriter) add(term string) {
	w.next()
	w.text = append(w.text, term...)
}

// words adds the words of each string, once where it repeats an early one. The
// words of a value that has a code are left out, unless it is another field's
// value as well that is looked for by its words.
func (w *termWriter) words() {
	for i, value := range w.strings {
		if slices.Contains(w.strings[:min(i, maxCompared)], value) ||
			w.hasCode(value) && !slices.Contains(w.sought, value) {
			continue
		}
		w.tokens = query.AppendTokens(w.tokens[:0], value)
		for _, token := range w.tokens {
			w.add(token)
		}
		if len(w.tokens) > 0 {
			w.add(separator)
		}
	}
}

// maxCompared is how many strings each later one is compared with: more than
// records usually have.
const maxCompared = 32

func (w *termWriter) hasCode(value string) bool {
	return slices.ContainsFunc(w.given, func(c *code) bool { return c.value == value && !c.own })
}

func (w *termWriter) field(r *audit.Record, number int) {
	field, present, apart := &w.fields[number], false, false
	for _, value := range r.Values(field.Field) {
		present = present || value != ""
		said := w.says(field, value)
		apart = apart || !said
		if field.coded && w.code(number, value) {
			continue
		}
		if field.byWords || field.prose {
			w.sought = append(w.sought, value)
		}
		if field.number || field.byWords && said && hasIDWords(value) {
			continue
		}
		w.next()
		var sum uint64
		w.text, sum = w.appendSum(w.text, field.exact, value)
		if !field.unlisted {
			w.values = append(w.values, listed{field: number, hash: sum, value: value})
		}
		if folded := query.Fold(value); folded != value && !field.prose {
			w.next()
			w.text = w.appendHashed(w.text, field.folded, folded)
		}
		if field.Field == query.SourceIP {
			w.networks(field.code, value)
		}
	}
	switch expected := field.expected[r.Kind]; {
	case present && !expected:
		w.add(hasTerm + field.code)
	case !present && expected:
		w.add(lackTerm + field.code)
	}
	if apart {
		w.add(apartTerm + field.code)
	}
}

// code adds the code of a field's value, if it has one. An event has to say the value
// in a string: a generic event's ids may be made of other things.
func (w *termWriter) code(field int, value string) bool {
	if !w.fields[field].own && !w.hasString(value) {
		return false
	}
	c := w.codes.give(field, value)
	if c == nil {
		return false
	}
	w.add(c.term)
	w.given = append(w.given, c)
	if !w.fields[field].unlisted {
		w.values = append(w.values, listed{field: field, hash: c.sum, value: value})
	}
	return true
}

// isField reports whether an additional property is one that is a field as
// well, and found as such.
func (w *termWriter) isField(r *audit.Record, path, value string) bool {
	if w.rows || !alsoField(path) {
		return false
	}
	have, ok := r.Get(query.Field(path))
	return ok && have == value
}

func alsoField(path string) bool {
	switch query.Field(path) {
	case query.Subsystem, query.LogType, query.Hostname:
		return true
	}
	return false
}
