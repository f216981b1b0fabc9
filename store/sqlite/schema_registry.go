package sqlite

// schemaV2 adds the registry. Whatever changes an entry deletes its row and
// inserts another, so that the version is a number that was never used before.
const schemaV2 = `
CREATE TABLE registry (
	version INTEGER PRIMARY KEY AUTOINCREMENT,
	kind    TEXT NOT NULL,
	org     TEXT NOT NULL,
	id      TEXT NOT NULL,
	body    TEXT NOT NULL,
	UNIQUE (kind, org, id)
);
`
