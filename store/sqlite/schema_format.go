package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// schemaV3 has the database say what format its rows have. One of events changes in
// nothing else; another gets tables of its own in the place of those that it does
// not need, and so is always made anew. docs/adr/0012-stored-login-flows.md has the layout.
const (
	schemaV3      = ``
	formatVersion = 3
)

// rowSchema are the tables of rows that change. What is read of many rows stands
// before what is read of one.
const rowSchema = `
DROP TABLE uid;
DROP TABLE record;
CREATE TABLE record (
	id      INTEGER PRIMARY KEY, -- its place in time, see rowid.go
	kind    INTEGER NOT NULL,
	org     TEXT NOT NULL,
	uid     TEXT NOT NULL,
	time    INTEGER NOT NULL,    -- nanoseconds since 1970
	version INTEGER NOT NULL,    -- its place in the feed
	hash    INTEGER NOT NULL,    -- of org and unique_id%s
	body    BLOB NOT NULL        -- the head of what is kept, compressed
);
CREATE INDEX record_hash ON record(hash);
CREATE TABLE rest (
	id   INTEGER PRIMARY KEY, -- of the record
	body BLOB NOT NULL        -- what stands behind the head, compressed
);
INSERT INTO fts(fts, rank) VALUES ('hashsize', 16777216);
`

// rowSchema returns the tables of the layout's rows, with a column and an index for each number.
func (l *layout) rowSchema() string {
	var columns, indexes strings.Builder
	for i, field := range l.Numbers {
		fmt.Fprintf(&columns, "\n\tn%d INTEGER NOT NULL, -- %s; 0 for none", i, field)
		fmt.Fprintf(&indexes, "CREATE INDEX record_n%d ON record(n%d, time);\n", i, i)
	}
	return fmt.Sprintf(rowSchema, columns.String()) + indexes.String()
}

func writeFormat(ctx context.Context, tx *sql.Tx, l *layout) error {
	if l.rows {
		if _, err := tx.ExecContext(ctx, l.rowSchema()); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO meta VALUES (?, ?)", metaFormat, l.name())
	return err
}

// checkFormat requires that the database has rows of the layout's format.
func checkFormat(ctx context.Context, db *sql.DB, l *layout) error {
	var name string
	if err := db.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = ?", metaFormat).Scan(&name); err != nil {
		return fmt.Errorf("read the format of the rows: %w", err)
	}
	if name != l.name() {
		return wrongFormat(name, l)
	}
	return nil
}

func wrongFormat(found string, l *layout) error {
	return fmt.Errorf("the database holds rows of the format %q, and not of %q: is this the right folder?", found, l.name())
}
