package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"sync"

	"github.com/authtrail/authtrail/audit/query"
)

// Some values come again in nearly every record: the few event names, results
// and applications, and the long user agents, whose words would be a third of
// the index. The first values of such a field get a code: the record then has
// one term for the value and none for its words, and who looks for a word is
// given the codes of the values that hold it.

const (
	maxCodes      = 32  // for each field: a word may be in all of them, and each is a term to look for
	maxCodedBytes = 512 // of a value
)

// isCoded reports whether values of the field get codes. Each is one of the record's
// strings, but for those of the fields that no event has, which are in none; few of the
// values share a word.
func isCoded(field query.Field) bool {
	switch field {
	case query.Subsystem, query.LogType, query.Hostname, query.EventName, query.Event, query.Stage, query.Result,
		query.ApplicationName, query.ClientID, query.UpstreamIDP, query.UserAgent,
		query.Action, query.APIName, query.TargetResourceType,
		query.FlowOutcome, query.FlowLastStage, query.FlowFailedStage, query.FlowShape, query.FlowStage, query.FlowVia:
		return true
	}
	return false
}

// code is a value that has a code, and what is asked of it.
type code struct {
	field  int  // its place in the layout
	own    bool // no event has the field: the value's words are not looked for by themselves
	value  string
	folded string
	tokens []string
	term   string
	sum    uint64 // the hash of the exact term that it stands for
	saved  bool   // whether the database knows it; the writer's alone
}

// holds reports whether the words stand next to each other in the value, which stands
// for one of the record's strings.
func (c *code) holds(words []string, prefix bool) bool {
	if c.own {
		return false
	}
	last := len(words) - 1
	for at := 0; at+last < len(c.tokens); at++ {
		if slices.Equal(c.tokens[at:at+last], words[:last]) &&
			(c.tokens[at+last] == words[last] || prefix && strings.HasPrefix(c.tokens[at+last], words[last])) {
			return true
		}
	}
	return false
}

// codebook knows all codes. A code is given before the first record that has it
// is committed, so a search never meets one that it does not know.
type codebook struct {
	terms  termMaker
	mu     sync.RWMutex
	fields []map[string]*code // by the field's place
	all    []*code
}

func newCodebook(key hashKey, l *layout) *codebook {
	b := &codebook{terms: termMaker{key: key, layout: l}, fields: make([]map[string]*code, len(l.fields))}
	for i := range b.fields {
		b.fields[i] = map[string]*code{}
	}
	return b
}

// find returns the code of a field's value; nil when it has none.
func (b *codebook) find(field int, value string) *code {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.fields[field][value]
}

// give is find, and gives the value a code if the field has any left.
func (b *codebook) give(field int, value string) *code {
	b.mu.RLock()
	known, full := b.fields[field][value], len(b.fields[field]) >= maxCodes
	b.mu.RUnlock()
	if known != nil || full || len(value) > maxCodedBytes || value == "" {
		return known
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if known := b.fields[field][value]; known != nil || len(b.fields[field]) >= maxCodes {
		return known
	}
	return b.add(field, strings.Clone(value))
}

func (b *codebook) add(field int, value string) *code {
	c := &code{field: field, own: b.terms.fields[field].own, value: value, folded: query.Fold(value), tokens: query.Tokens(value)}
	c.term = b.terms.hashed(codeTerm+b.terms.fields[field].code, value)
	_, c.sum = b.terms.appendSum(nil, b.terms.fields[field].exact, value)
	b.fields[field][value] = c
	b.all = append(b.all, c)
	return c
}

// where returns the terms of the codes that are accepted.
func (b *codebook) where(accept func(*code) bool) []expr {
	b.mu.RLock()
	all := b.all // what is appended later, no record had when the question began
	b.mu.RUnlock()
	var found []expr
	for _, c := range all {
		if accept(c) {
			found = append(found, term(c.term))
		}
	}
	return found
}

// read fills the book with the codes that the database knows.
func (b *codebook) read(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT field, value FROM code")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // what it could say, Err says
	for rows.Next() {
		var field int
		var value string
		if err := rows.Scan(&field, &value); err != nil {
			return err
		}
		if at := b.terms.stored(field); at >= 0 {
			b.add(at, value).saved = true
		}
	}
	return rows.Err()
}

// saveCodes writes the codes that new records are the first to have.
func (w *writer) saveCodes(fresh []*item) error {
	for _, it := range fresh {
		for _, c := range it.codes {
			if c.saved {
				continue
			}
			if _, err := w.exec("INSERT INTO code VALUES (?, ?)", w.layout.fields[c.field].stored, c.value); err != nil {
				return err
			}
			c.saved = true
			w.savedNow = append(w.savedNow, c)
		}
	}
	return nil
}
