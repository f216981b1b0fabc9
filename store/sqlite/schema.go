package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
)

// migrations brings a database from each schema version to the next, from the
// empty file on. A migration that was ever released is never changed.
var migrations = []string{schemaV1, schemaV2, schemaV3}

// schemaV1 is described in docs/adr/0002-one-inverted-index.md.
const schemaV1 = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE record (
	id   INTEGER PRIMARY KEY, -- its place in time, see rowid.go
	kind INTEGER NOT NULL,
	org  TEXT NOT NULL,
	uid  TEXT NOT NULL,
	time INTEGER NOT NULL,    -- nanoseconds since 1970
	body BLOB NOT NULL        -- the raw event, compressed
);
CREATE TABLE uid (
	hash INTEGER PRIMARY KEY, -- of org and unique_id; when another has it, the next free number
	id   INTEGER NOT NULL     -- of the record
);
CREATE TABLE feed (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	id  INTEGER NOT NULL      -- of the record
);
CREATE TABLE tally ( -- how many records an hour holds, see tally.go
	hour  INTEGER NOT NULL, -- since 1970
	kind  INTEGER NOT NULL,
	org   TEXT NOT NULL,
	count INTEGER NOT NULL,
	PRIMARY KEY (hour, kind, org)
) WITHOUT ROWID;
CREATE TABLE facet ( -- the values of the fields, see known.go
	field INTEGER NOT NULL, -- its number in query.Fields
	value TEXT NOT NULL,
	PRIMARY KEY (field, value)
) WITHOUT ROWID;
CREATE TABLE code ( -- the values that stand for their words, see codes.go
	field INTEGER NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (field, value)
) WITHOUT ROWID;
CREATE TABLE manifold ( -- the fields that have too many values to list
	field INTEGER PRIMARY KEY
);
CREATE VIRTUAL TABLE fts USING fts5(
	terms, content='', contentless_delete=1, tokenize="ascii tokenchars '_'", detail=full
);
INSERT INTO fts(fts, rank) VALUES ('hashsize', 67108864); -- one segment for each commit
INSERT INTO fts(fts, rank) VALUES ('automerge', 16);      -- seldom and much: an eighth more records a second than by 8
`

// The keys of the meta table.
const (
	metaHashKey = "hash_key" // 32 hex digits
	metaName    = "database" // random, names the database in feed positions
	metaSpill   = "spill"    // milliseconds
	metaFormat  = "format"   // the layout's name
)

// migrate brings the database to the newest schema version.
func migrate(ctx context.Context, db *sql.DB, l *layout) error {
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("read the schema version: %w", err)
	}
	if version > len(migrations) {
		return fmt.Errorf("the database has schema version %d; this program knows up to %d: use a newer authtrail",
			version, len(migrations))
	}
	if version > 0 && version < formatVersion && l.rows {
		return wrongFormat("events", l)
	}
	if version < len(migrations) {
		if err := upgrade(ctx, db, version, l); err != nil {
			return err
		}
	}
	return checkFormat(ctx, db, l)
}

// upgrade applies the migrations from a version on, all of them or none: a new
// database is made of what it is to hold, or is not there.
func upgrade(ctx context.Context, db *sql.DB, version int, l *layout) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("migrate the schema: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	for ; version < len(migrations); version++ {
		if err := step(ctx, tx, version, l); err != nil {
			return fmt.Errorf("migrate to schema version %d: %w", version+1, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("migrate the schema: %w", err)
	}
	return nil
}

// step applies the migration from a version to the next.
func step(ctx context.Context, tx *sql.Tx, version int, l *layout) error {
	if _, err := tx.ExecContext(ctx, migrations[version]); err != nil {
		return err
	}
	if version == 0 {
		if err := writeIdentity(ctx, tx); err != nil {
			return err
		}
	}
	if version+1 == formatVersion {
		if err := writeFormat(ctx, tx, l); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "PRAGMA user_version = "+strconv.Itoa(version+1))
	return err
}

func writeIdentity(ctx context.Context, tx *sql.Tx) error {
	random := make([]byte, 20)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	for key, value := range map[string]string{
		metaHashKey: hex.EncodeToString(random[:16]),
		metaName:    hex.EncodeToString(random[16:]),
		metaSpill:   "0",
	} {
		if _, err := tx.ExecContext(ctx, "INSERT INTO meta VALUES (?, ?)", key, value); err != nil {
			return err
		}
	}
	return nil
}

// identity is what a database says about itself.
type identity struct {
	key   hashKey
	name  string
	spill int64
	end   int64 // the last number that the feed gave
}

func readIdentity(ctx context.Context, db *sql.DB) (identity, error) {
	var id identity
	var key string
	err := db.QueryRowContext(ctx, `SELECT
		(SELECT value FROM meta WHERE key = ?), (SELECT value FROM meta WHERE key = ?),
		(SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?),
		coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0)`, metaHashKey, metaName, metaSpill).Scan(&key, &id.name, &id.spill, &id.end)
	if err != nil {
		return id, fmt.Errorf("read what the database says about itself: %w", err)
	}
	b, err := hex.DecodeString(key)
	if err != nil || len(b) != 16 {
		return id, fmt.Errorf("the database's hash key is damaged")
	}
	id.key = hashKey{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
	return id, nil
}
