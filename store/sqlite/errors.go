package sqlite

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/authtrail/authtrail/audit"
)

func errClosed() error {
	return &audit.Error{Code: audit.Unavailable, Message: "the store is closed"}
}

// failed says what err means to the caller of what was being done. What the
// disk or the file is to blame for is logged here, with its cause: callers learn
// that it is so, and nobody else logs it.
func (s *Store) failed(ctx context.Context, doing string, err error) error {
	var known *audit.Error
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	case errors.As(err, &known):
	case s.closing():
		return errClosed()
	default:
		err = explained(doing, err)
	}
	if errors.As(err, &known) && known.Code == audit.Unavailable && known.Err != nil {
		s.log.ErrorContext(ctx, doing+" failed", "error", known.Message, "cause", known.Err)
	}
	return err
}

// explained turns what SQLite says about the disk and the file into Unavailable;
// anything else is a defect.
func explained(doing string, err error) error {
	err = fmt.Errorf("%s: %w", doing, err)
	var cause *sqlite.Error
	if !errors.As(err, &cause) {
		return err
	}
	message := ""
	switch cause.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		message = "the disk is full"
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY:
		message = "the data folder cannot be read or written"
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		message = "the database file is damaged"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM:
		message = "the store is busy"
	default:
		return err
	}
	return &audit.Error{Code: audit.Unavailable, Message: message, Err: err}
}
