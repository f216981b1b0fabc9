package sqlite

import (
	"context"
	"database/sql"

	"github.com/authtrail/authtrail/audit/query"
)

// The database keeps a list of the values that each field has ever had, as long
// as there are not too many, so that the index, which holds hashes only, can be
// asked about each. A field with more, or with a long one, is manifold: it has
// no list, and its records are looked at instead.
const (
	maxKnownValues = 10_000
	maxKnownBytes  = 512
)

// valueLists is what the writer remembers of the lists.
type valueLists struct {
	known    []map[uint64]bool // by the field's place: hashes of the listed values
	manifold []bool
}

// readLists reads what the writer has to know of the lists.
func readLists(ctx context.Context, db *sql.DB, terms termMaker) (valueLists, error) {
	l, err := queryLists(ctx, db, terms)
	if err != nil {
		return l, explained("read the lists of values", err)
	}
	return l, nil
}

func queryLists(ctx context.Context, db *sql.DB, terms termMaker) (valueLists, error) {
	l := valueLists{known: make([]map[uint64]bool, len(terms.fields)), manifold: make([]bool, len(terms.fields))}
	for i := range l.known {
		l.known[i] = map[uint64]bool{}
	}
	rows, err := db.QueryContext(ctx, "SELECT field, value, 0 FROM facet UNION ALL SELECT field, '', 1 FROM manifold")
	if err != nil {
		return l, err
	}
	defer func() { _ = rows.Close() }() // what it could say, Err says
	for rows.Next() {
		var field int
		var value string
		var manifold bool
		if err := rows.Scan(&field, &value, &manifold); err != nil {
			return l, err
		}
		if field = terms.stored(field); field < 0 {
			continue
		}
		if manifold {
			l.manifold[field] = true
			continue
		}
		_, sum := terms.appendSum(nil, terms.fields[field].exact, value)
		l.known[field][sum] = true
	}
	return l, rows.Err()
}

// listed is a value on its way into the lists.
type listed struct {
	field int
	hash  uint64 // that of its exact term
	value string
}

// list enters the values of new records into the lists. What it remembers must
// be taken back when the transaction fails: see forget.
func (w *writer) list(fresh []*item) error {
	for _, it := range fresh {
		for _, value := range it.values {
			if w.lists.manifold[value.field] || w.lists.known[value.field][value.hash] {
				continue
			}
			if err := w.listValue(value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writer) listValue(value listed) error {
	known, stored := w.lists.known[value.field], w.layout.fields[value.field].stored
	w.listedNow = append(w.listedNow, value)
	if len(value.value) > maxKnownBytes || len(known) >= maxKnownValues {
		w.lists.manifold[value.field] = true
		if _, err := w.exec("DELETE FROM facet WHERE field = ?", stored); err != nil {
			return err
		}
		_, err := w.exec("INSERT INTO manifold VALUES (?) ON CONFLICT DO NOTHING", stored)
		return err
	}
	known[value.hash] = true
	_, err := w.exec("INSERT INTO facet VALUES (?, ?) ON CONFLICT DO NOTHING", stored, value.value)
	return err
}

// forget takes back what a failed transaction entered into the lists and the codes.
func (w *writer) forget() {
	for _, c := range w.savedNow {
		c.saved = false
	}
	for _, value := range w.listedNow {
		delete(w.lists.known[value.field], value.hash)
		w.lists.manifold[value.field] = false // at worst it is found out again
	}
}

// knownValue is a value and the term that finds its records.
type knownValue struct {
	value string
	term  expr
}

// knownValues returns every value that a field has in some record, and maybe
// some that it has in none, and whether there is such a list.
func (v *snapshot) knownValues(ctx context.Context, field query.Field) ([]knownValue, bool, error) {
	f, has := v.layout.field(field)
	if !has || f.unlisted {
		return nil, !has, nil
	}
	manifold := false
	if err := v.tx.StmtContext(ctx, v.ask.manifold).QueryRowContext(ctx, f.stored).Scan(&manifold); err != nil || manifold {
		return nil, false, err
	}
	rows, err := v.tx.StmtContext(ctx, v.ask.values).QueryContext(ctx, f.stored)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = rows.Close() }() // what it could say, Err says
	var known []knownValue
	for rows.Next() {
		var k knownValue
		if err := rows.Scan(&k.value); err != nil {
			return nil, false, err
		}
		k.term = v.terms.valueTerm(v.layout.number(field), k.value)
		known = append(known, k)
	}
	return known, true, rows.Err()
}
