package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// Get implements audit.Registry.
func (s *Store) Get(ctx context.Context, key audit.EntryKey) (audit.Entry, error) {
	if err := key.Validate(); err != nil {
		return audit.Entry{}, err
	}
	if s.closing() {
		return audit.Entry{}, errClosed()
	}
	entry := audit.Entry{EntryKey: key}
	err := s.reading.QueryRowContext(ctx, "SELECT CAST(version AS TEXT), body FROM registry WHERE kind = ? AND org = ? AND id = ?",
		key.Kind, key.Org, key.ID).Scan(&entry.Version, (*[]byte)(&entry.Body))
	if errors.Is(err, sql.ErrNoRows) {
		return audit.Entry{}, audit.EntryNotFound(key)
	}
	if err != nil {
		return audit.Entry{}, s.failed(ctx, "get a "+key.Kind, err)
	}
	return entry, nil
}

// Put implements audit.Registry.
func (s *Store) Put(ctx context.Context, entry audit.Entry) (audit.Version, error) {
	if err := entry.Validate(); err != nil {
		return "", err
	}
	return s.change(ctx, "put a "+entry.Kind, func(w *writer) (audit.Version, error) {
		if entry.Version != "" {
			if err := w.removeEntry(entry.EntryKey, entry.Version); err != nil {
				return "", err
			}
		}
		return w.insertEntry(entry)
	})
}

// Delete implements audit.Registry.
func (s *Store) Delete(ctx context.Context, key audit.EntryKey, version audit.Version) error {
	if err := key.Validate(); err != nil {
		return err
	}
	_, err := s.change(ctx, "delete a "+key.Kind, func(w *writer) (audit.Version, error) {
		return "", w.removeEntry(key, version)
	})
	return err
}

// removeEntry deletes the row of the version, or says that it is not the present one.
func (w *writer) removeEntry(key audit.EntryKey, version audit.Version) error {
	number, err := strconv.ParseInt(string(version), 10, 64)
	if err != nil || strconv.FormatInt(number, 10) != string(version) {
		return audit.EntryConflict(key) // no version that was ever given
	}
	result, err := w.exec("DELETE FROM registry WHERE version = ? AND kind = ? AND org = ? AND id = ?",
		number, key.Kind, key.Org, key.ID)
	if err != nil {
		return err
	}
	return changedOne(result, key)
}

func (w *writer) insertEntry(entry audit.Entry) (audit.Version, error) {
	result, err := w.exec("INSERT INTO registry(kind, org, id, body) VALUES (?, ?, ?, ?) ON CONFLICT(kind, org, id) DO NOTHING",
		entry.Kind, entry.Org, entry.ID, string(entry.Body))
	if err != nil {
		return "", err
	}
	if err := changedOne(result, entry.EntryKey); err != nil {
		return "", err
	}
	version, err := result.LastInsertId()
	return audit.Version(strconv.FormatInt(version, 10)), err
}

// changedOne is a Conflict when a statement changed nothing.
func changedOne(result sql.Result, key audit.EntryKey) error {
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return audit.EntryConflict(key)
	}
	return err
}

// List implements audit.Registry.
func (s *Store) List(ctx context.Context, q audit.EntryQuery) ([]audit.Entry, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	if s.closing() {
		return nil, errClosed()
	}
	entries, err := s.list(ctx, q)
	if err != nil {
		return nil, s.failed(ctx, "list each "+q.Kind, err)
	}
	return entries, nil
}

func (s *Store) list(ctx context.Context, q audit.EntryQuery) ([]audit.Entry, error) {
	text, args := listText(q)
	rows, err := s.reading.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // what it could say, Err says
	var entries []audit.Entry
	for rows.Next() {
		entry := audit.Entry{EntryKey: audit.EntryKey{Kind: q.Kind}}
		if err := rows.Scan(&entry.Org, &entry.ID, &entry.Version, (*[]byte)(&entry.Body)); err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, rows.Err()
}

func listText(q audit.EntryQuery) (text string, args []any) {
	text = "SELECT org, id, CAST(version AS TEXT), body FROM registry WHERE kind = ? AND (org, id) > (?, ?)"
	args = []any{q.Kind, q.After.Org, q.After.ID}
	if !q.Scope.All() {
		text += " AND org IN (?" + strings.Repeat(", ?", len(q.Scope.List())-1) + ")"
		for _, org := range q.Scope.List() {
			args = append(args, org)
		}
	}
	return text + " ORDER BY org, id LIMIT ?", append(args, q.Limit)
}
