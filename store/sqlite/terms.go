package sqlite

import (
	"net/netip"
	"slices"
	"strings"
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
	exactTerm  = "_e" // + field + hash: a value, byte by byte; not where its words are enough, see byWords
	foldedTerm = "_f" // + field + hash: a folded value, where folding changed it; not of text fields
	hasTerm    = "_h" // + field: it has the field, although its kind seldom does
	lackTerm   = "_l" // + field: it lacks the field, although its kind seldom does
	netTerm    = "_n" // + field + hash: a network that an address lies in
	extraTerm  = "_x" // + hash: an additional property's path and folded value
	pathTerm   = "_y" // + hash: an additional property's path, if it has a value
)

// termMaker makes the terms of one database.
type termMaker struct{ key hashKey }

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

func kindOf(kind audit.Kind) string { return kindTerm + string('0'+byte(kind)) }

// index returns the text that the index holds of a record, and those of its
// fields' values that are worth a place in the lists of values.
func (t termMaker) index(r *audit.Record) (string, []listed) {
	w := termWriters.Get().(*termWriter)
	defer termWriters.Put(w)
	*w = termWriter{termMaker: t, text: w.text[:0], tokens: w.tokens[:0]}
	w.words(r)
	w.add(kindOf(r.Kind))
	for i := range indexedFields {
		w.field(r, i)
	}
	for path, value := range r.Document().Extra() {
		if isField(r, path, value) {
			continue
		}
		w.next()
		w.text = t.appendHashed(w.text, extraTerm, path, query.Fold(value))
		if value != "" {
			w.next()
			w.text = t.appendHashed(w.text, pathTerm, path)
		}
	}
	return string(w.text), w.values
}

// termWriter collects the terms of one record.
type termWriter struct {
	termMaker
	text   []byte
	tokens []string
	values []listed // a new slice for each record
}

// termWriters keeps the room that was needed for one record for the next.
var termWriters = sync.Pool{New: func() any { return new(termWriter) }}

func (w *termWriter) next() {
	if len(w.text) > 0 {
		w.text = append(w.text, ' ')
	}
}

func (w *termWriter) add(term string) {
	w.next()
	w.text = append(w.text, term...)
}

func (w *termWriter) words(r *audit.Record) {
	for _, value := range r.Document().Strings() {
		w.tokens = query.AppendTokens(w.tokens[:0], value)
		for _, token := range w.tokens {
			w.add(token)
		}
		if len(w.tokens) > 0 {
			w.add(separator)
		}
	}
}

func (w *termWriter) field(r *audit.Record, number int) {
	field, present := &indexedFields[number], false
	for _, value := range r.Values(field.Field) {
		present = present || value != ""
		if field.byWords && hasIDWords(value) {
			continue
		}
		w.next()
		var sum uint64
		w.text, sum = w.appendSum(w.text, field.exact, value)
		if !field.byWords {
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
}

// idWords returns the words of a value that are worth looking for: the long
// ones, since ids tend to begin with a word that many share. None means that the
// value has a term of its own.
func idWords(value string) []string {
	if len(value) > maxWordsValue {
		return nil
	}
	tokens := query.Tokens(value)
	long := slices.DeleteFunc(slices.Clone(tokens), func(token string) bool { return len(token) < 4 })
	if len(long) == 0 {
		return tokens
	}
	return long
}

// hasIDWords reports whether idWords has any, without making them.
func hasIDWords(value string) bool {
	if len(value) > maxWordsValue {
		return false
	}
	for i := range len(value) {
		if c := value[i] | 0x20; c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return true
		}
	}
	return len(query.Tokens(value)) > 0
}

// maxWordsValue bounds the values that are looked for by their words, and with
// it the length of a question.
const maxWordsValue = 1024

// isField reports whether an additional property is one that is a field as
// well, and found as such.
func isField(r *audit.Record, path, value string) bool {
	if !alsoField(path) {
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

// networks adds the networks that an address lies in.
func (w *termWriter) networks(code, value string) {
	addr, ok := query.Address(value)
	if !ok {
		return
	}
	for _, bits := range networkSizes(addr) {
		if bits == addr.BitLen() && addr.String() == value {
			continue // its exact term says as much
		}
		network, err := addr.Prefix(bits)
		if err != nil {
			continue // no address has fewer bits than its family's sizes
		}
		w.next()
		w.text = w.appendHashed(w.text, netTerm+code, network.String())
	}
}

// networkSizes returns the sizes of network that are indexed, in bits.
func networkSizes(addr netip.Addr) []int {
	if addr.Is4() {
		return []int{8, 16, 24, 32}
	}
	return []int{32, 48, 64, 128}
}

// quoted writes words as a phrase of FTS5's query language.
func quoted(words ...string) string {
	return `"` + strings.ReplaceAll(strings.Join(words, " "), `"`, `""`) + `"`
}
