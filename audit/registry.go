package audit

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Registry keeps small documents: destinations, checkpoints, leases, keys and
// claims of names. Every process that shares the store shares them, and
// compare-and-set versions keep the processes from overwriting each other.
//
// Beside what holds for every role:
//
//   - An entry is one JSON document under its EntryKey. Entries of different kinds
//     or orgs never meet, whatever their ids.
//   - A version is never given twice, not even to a document that was deleted and
//     made again: who holds the present version has seen the present document.
//   - After an error other than BadUserInput and Conflict, nothing is known of a
//     Put or Delete: it may have been done, so that its repetition is a Conflict.
//     Get says which.
//   - A key or a body over its limits, or a body that is not JSON, is BadUserInput.
//
// To claim a name is to Put an entry under it without a version: of several who
// try, exactly one succeeds.
type Registry interface {
	// Get returns the entry, or NotFound.
	Get(ctx context.Context, key EntryKey) (Entry, error)
	// Put stores the entry's body and returns its new version. Without a version
	// the entry must not exist yet, and with one it must be the present one: else
	// it is a Conflict, and nothing changes. When Put returns without an error, the
	// entry is durable.
	Put(ctx context.Context, entry Entry) (Version, error)
	// Delete removes the entry, whose present version must be given: else, and
	// when there is no such entry, it is a Conflict.
	Delete(ctx context.Context, key EntryKey, version Version) error
	// List returns the first entries that a query asks for, ordered by org and
	// then id, byte by byte. Fewer than its limit means that there are no more.
	List(ctx context.Context, q EntryQuery) ([]Entry, error)
}

// The limits of an entry. An org that is too long for an entry still has records.
const (
	MaxEntryKind = 32        // bytes
	MaxEntryOrg  = 1 << 10   // bytes
	MaxEntryID   = 1 << 10   // bytes
	MaxEntryBody = 256 << 10 // bytes
	MaxEntries   = 100       // that one List may ask for
)

// EntryKey identifies an entry.
type EntryKey struct {
	Kind string // what sort of document: lower-case letters, digits and hyphens
	Org  string // whose it is; may be empty
	ID   string // anything but the empty string
}

// Version is one state of an entry; opaque and printable. The empty version is
// that of an entry that does not exist.
type Version string

// Entry is a document of the registry.
type Entry struct {
	EntryKey
	Body    json.RawMessage // returned byte for byte as it was put
	Version Version
}

// EntryQuery asks for the entries of a kind.
type EntryQuery struct {
	Kind  string
	Scope Scope    // of which orgs; required
	After EntryKey // the last entry of the list before; the zero key for the first list
	Limit int      // 1 to MaxEntries
}

var entryKind = regexp.MustCompile(`^[a-z0-9-]+$`)

// Validate checks what every registry would have to check.
func (k EntryKey) Validate() error {
	if err := validateEntryKind(k.Kind); err != nil {
		return err
	}
	switch {
	case len(k.Org) > MaxEntryOrg:
		return Invalid("org", "is longer than %d bytes", MaxEntryOrg)
	case k.ID == "":
		return Invalid("id", "is missing")
	case len(k.ID) > MaxEntryID:
		return Invalid("id", "is longer than %d bytes", MaxEntryID)
	case !utf8.ValidString(k.Org):
		return Invalid("org", "is not valid UTF-8")
	case !utf8.ValidString(k.ID):
		return Invalid("id", "is not valid UTF-8")
	}
	return nil
}

func validateEntryKind(kind string) error {
	if len(kind) > MaxEntryKind || !entryKind.MatchString(kind) {
		return Invalid("kind", "must be 1 to %d lower-case letters, digits and hyphens", MaxEntryKind)
	}
	return nil
}

// Validate is as that of the key, and of the body.
func (e Entry) Validate() error {
	if err := e.EntryKey.Validate(); err != nil {
		return err
	}
	switch {
	case len(e.Body) > MaxEntryBody:
		return Invalid("body", "has %d bytes; at most %d are kept", len(e.Body), MaxEntryBody)
	case !json.Valid(e.Body) || !utf8.Valid(e.Body):
		return Invalid("body", "is not JSON")
	}
	return nil
}

// Validate is as Query.Validate.
func (q EntryQuery) Validate() error {
	if err := q.Scope.Validate(); err != nil {
		return err
	}
	if q.Limit < 1 || q.Limit > MaxEntries {
		return Invalid("limit", "must be from 1 to %d", MaxEntries)
	}
	return validateEntryKind(q.Kind)
}

// Compare orders the entries of a kind: negative when k comes first.
func (k EntryKey) Compare(other EntryKey) int {
	if c := strings.Compare(k.Org, other.Org); c != 0 {
		return c
	}
	return strings.Compare(k.ID, other.ID)
}

// EntryConflict is the error of a Put or Delete whose version is not the present one.
func EntryConflict(key EntryKey) *Error {
	return &Error{Code: Conflict, Message: "the " + key.Kind + " has changed meanwhile, or exists already"}
}

// EntryNotFound is the error of a Get that finds nothing.
func EntryNotFound(key EntryKey) *Error {
	return &Error{Code: NotFound, Message: "there is no such " + key.Kind}
}
