package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// row is a record as it is stored.
type row struct {
	id    int64
	kind  audit.Kind
	org   string
	uid   string
	nanos int64
	body  []byte
	score float64

	number  int64  // by which such a row is ordered, where it is
	version int64  // of a row that can be replaced: its place in the feed
	rest    []byte // of such a row: what stands behind its head, where that was read
}

// rowColumns are the columns that are read of a row.
func (l *layout) rowColumns() string {
	if l.rows {
		return "r.id, r.kind, r.org, r.uid, r.time, r.body, r.version"
	}
	return "r.id, r.kind, r.org, r.uid, r.time, r.body"
}

func (l *layout) scan(rows *sql.Rows, r *row, more ...any) error {
	columns := append(make([]any, 0, 8), &r.id, &r.kind, &r.org, &r.uid, &r.nanos, &r.body)
	if l.rows {
		columns = append(columns, &r.version)
	}
	return rows.Scan(append(columns, more...)...)
}

// compare is the total order of records: by time, org and unique_id.
func (r *row) compare(other *row) int {
	return cmp.Or(cmp.Compare(r.nanos, other.nanos), cmp.Compare(r.org, other.org), cmp.Compare(r.uid, other.uid))
}

// record restores the record of a row.
func (s *Store) record(r *row) (*audit.Record, error) {
	parts := append(make([][]byte, 0, 2), r.body)
	if r.rest != nil {
		parts = append(parts, r.rest)
	}
	raw, err := s.bodies.decode(parts...)
	if err != nil {
		damage := fmt.Errorf("the %s %q of the org %q, row %d: %w", r.kind, r.uid, r.org, r.id, err)
		if !s.layout.rows {
			return nil, &audit.Error{Code: audit.Unavailable, Message: "a stored record is damaged", Err: damage}
		}
		s.sayDamaged(r, damage) // who made the row can make it anew
	}
	record := s.layout.Restore(audit.Stored{
		Kind: r.kind, Org: r.org, UniqueID: r.uid, Time: time.Unix(0, r.nanos).UTC(), Raw: raw,
	})
	if s.layout.rows {
		record.Version = versionOf(r.version)
	}
	return record, nil
}

// statements are the queries for rows, prepared once: [with a MATCH] [ascending].
type statements struct {
	rows     [2][2]*sql.Stmt
	count    [2]*sql.Stmt // [of rows whose numbers are asked for]
	since    *sql.Stmt
	scores   *sql.Stmt
	spill    *sql.Stmt
	values   *sql.Stmt
	manifold *sql.Stmt
	tally    *sql.Stmt

	rowStatements // of rows that can be replaced
}

const (
	ofIndex = ` FROM fts f CROSS JOIN record r ON r.id = f.rowid
		WHERE f.fts MATCH ? AND f.rowid BETWEEN ? AND ? AND ? >> (f.rowid & 3) & 1`
	ofAll    = " FROM record r WHERE r.id BETWEEN ? AND ? AND ? >> (r.id & 3) & 1"
	feedRows = ", f.seq FROM feed f JOIN record r ON r.id = f.id WHERE f.seq > ? AND f.seq <= ? ORDER BY f.seq LIMIT ?"
	countOf  = "SELECT count(*) FROM fts WHERE fts MATCH ? AND rowid BETWEEN ? AND ? AND ? >> (rowid & 3) & 1"
	scoresOf = "SELECT rowid, -bm25(fts) FROM fts WHERE fts MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid"
	spillNow = "SELECT CAST(value AS INTEGER) FROM meta WHERE key = '" + metaSpill + "'"
	tallyOf  = `SELECT coalesce(sum(count), 0) FROM tally WHERE hour >= ?1 AND hour < ?2
		AND kind IN (SELECT value FROM json_each(?3)) AND (?4 OR org IN (SELECT value FROM json_each(?5)))`
	valuesOf   = "SELECT value FROM facet WHERE field = ?"
	isManifold = "SELECT EXISTS (SELECT * FROM manifold WHERE field = ?)"
)

// prepared is a statement and its text.
type prepared struct {
	stmt **sql.Stmt
	text string
}

func (s *statements) prepare(ctx context.Context, db *sql.DB, l *layout) error {
	rows, within := "SELECT "+l.rowColumns(), l.within()
	all := []prepared{
		{&s.rows[0][0], rows + ofAll + within + " ORDER BY r.id DESC"}, {&s.rows[0][1], rows + ofAll + within + " ORDER BY r.id ASC"},
		{&s.rows[1][0], rows + ofIndex + within + " ORDER BY f.rowid DESC"}, {&s.rows[1][1], rows + ofIndex + within + " ORDER BY f.rowid ASC"},
		{&s.count[0], countOf}, {&s.since, rows + feedRows}, {&s.scores, scoresOf}, {&s.spill, spillNow}, {&s.values, valuesOf},
		{&s.manifold, isManifold}, {&s.tally, tallyOf},
	}
	if l.rows {
		all = append(all, s.prepareRows(l)...)
	}
	for _, p := range all {
		var err error
		if *p.stmt, err = db.PrepareContext(ctx, p.text); err != nil {
			return err
		}
	}
	return nil
}

// scan calls yield for every row in a range of row ids that the index finds, in
// the order of their ids, until it returns false. The rows' time and what the
// plan wants verified are not checked. In a transaction it sees that one's records.
func (s *Store) scan(ctx context.Context, tx *sql.Tx, p *plan, first, last int64, ascending bool, yield func(*row) (bool, error)) error {
	if p.none() || first > last {
		return nil
	}
	direction, indexed, args := 0, 0, []any{first, last, p.mask}
	if ascending {
		direction = 1
	}
	if p.asked.op != opAll {
		indexed, args = 1, []any{p.question(), first, last, p.mask}
	}
	args = s.layout.appendBounds(args, p.bounds)
	stmt := s.ask.rows[indexed][direction]
	if tx != nil {
		stmt = tx.StmtContext(ctx, stmt)
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // what it could say, Err says
	for rows.Next() {
		r := new(row)
		if err := s.layout.scan(rows, r); err != nil {
			return err
		}
		if more, err := yield(r); err != nil || !more {
			return err
		}
	}
	return rows.Err()
}
