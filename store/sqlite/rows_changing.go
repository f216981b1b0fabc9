package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/authtrail/authtrail/audit"
)

// rowStatements are the queries for rows that can be replaced.
type rowStatements struct {
	rest    *sql.Stmt
	nextFed *sql.Stmt
	ordered [][2][2]*sql.Stmt // [by which number] [with a MATCH] [ascending]
}

const (
	restOf   = "SELECT body FROM rest WHERE id = ?"
	placeFed = "SELECT coalesce(min(seq), 0) FROM feed WHERE seq > ? AND seq <= ?"
	rowsFed  = ", (SELECT body FROM rest WHERE id = r.id)" + feedRows
	inOrder  = " FROM record r INDEXED BY record_n%d WHERE +r.id BETWEEN ? AND ? AND ? >> (r.id & 3) & 1"
	inPlace  = "%[1]s, r.n%[2]d FROM (%[3]s) CROSS JOIN record r ON r.id = found ORDER BY r.n%[2]d %[4]s, r.time %[4]s, r.org %[4]s, r.uid %[4]s" // bodies are read of the rows that stay
	numbered = " AND (r.n%[1]d, r.time, r.org, r.uid) > (?, ?, ?, ?) AND (r.n%[1]d, r.time, r.org, r.uid) < (?, ?, ?, ?) ORDER BY r.n%[1]d %[2]s, r.time %[2]s, r.org %[2]s, r.uid %[2]s LIMIT ?"
)

// prepareRows returns the queries for rows, those of statements in the form for them.
func (s *statements) prepareRows(l *layout) []prepared {
	rows, within := "SELECT "+l.rowColumns(), l.within()
	all := []prepared{{&s.since, rows + rowsFed}, {&s.count[1], "SELECT count(*)" + ofIndex + within}, {&s.rest, restOf}, {&s.nextFed, placeFed}}
	s.ordered = make([][2][2]*sql.Stmt, len(l.Numbers))
	for i := range l.Numbers {
		for indexed, from := range []string{fmt.Sprintf(inOrder, i), ofIndex} {
			for ascending, direction := range []string{"DESC", "ASC"} {
				text := fmt.Sprintf("SELECT r.id AS found%s%s", from, within) + fmt.Sprintf(numbered, i, direction)
				all = append(all, prepared{&s.ordered[i][indexed][ascending], fmt.Sprintf(inPlace, rows, i, text, direction)})
			}
		}
	}
	return all
}

// scanFed scans a row of the feed, which is read whole.
func (l *layout) scanFed(rows *sql.Rows, r *row, seq *int64) error {
	if l.rows {
		return l.scan(rows, r, &r.rest, seq)
	}
	return l.scan(rows, r, seq)
}

func versionOf(seq int64) audit.Version { return audit.Version(strconv.FormatInt(seq, 10)) }

// read makes the record of a row that was found, if that of its head is not enough
// or there is none yet.
func (s *Store) read(ctx context.Context, tx *sql.Tx, f *found, head bool) error {
	if f.record != nil && (head || !f.cut) {
		return nil
	}
	f.cut = head && s.layout.rows
	if s.layout.rows && !head && f.row.rest == nil {
		err := tx.StmtContext(ctx, s.ask.rest).QueryRowContext(ctx, f.row.id).Scan(&f.row.rest)
		if err != nil && !errors.Is(err, sql.ErrNoRows) { // all of it may be its head
			return err
		}
	}
	var err error
	f.record, err = s.record(f.row)
	return err
}
