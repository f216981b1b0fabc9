package destination

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// entryKind is the kind of the entries that are destinations.
const entryKind = "destination"

// row is a destination as it is stored.
type row struct {
	Destination
	pending bool // its name is not claimed yet: nobody sees it
	version audit.Version
	body    json.RawMessage // as it was read
}

// document is the body of an entry.
type document struct {
	Pending bool            `json:"pending,omitempty"`
	Created time.Time       `json:"created"`
	Updated time.Time       `json:"updated"`
	Public  json.RawMessage `json:"destination"`
	Sealed  string          `json:"sealed,omitempty"` // the whole authentication
	Keys    string          `json:"keys,omitempty"`   // sealed as well

	Beginning Beginning `json:"beginning,omitzero"`
}

func keyOf(org, id string) audit.EntryKey { return audit.EntryKey{Kind: entryKind, Org: org, ID: id} }

func (r row) key() audit.EntryKey { return keyOf(r.Spec.OrgID, r.ID) }

// placeOf is where the secrets of a destination open, and nowhere else.
func placeOf(d Destination) string {
	return entryKind + " " + strconv.Quote(d.Spec.OrgID) + " " + d.ID
}

// rowOf makes the row of a destination that has its secrets, and encrypts them.
func (s *Store) rowOf(ctx context.Context, d Destination) (row, error) {
	sealedKeys, err := s.sealKeys(ctx, d)
	if err != nil {
		return row{}, err
	}
	d.sealed, d.sealedKeys = "", sealedKeys
	if a := d.Spec.Authentication; a != nil && !bytes.Equal(a.json(), a.withoutSecrets().json()) {
		sealed, err := s.options.Vault.Seal(ctx, a.json(), placeOf(d))
		if err != nil {
			return row{}, fmt.Errorf("encrypt the authentication: %w", err)
		}
		d.sealed = sealed
	}
	return row{Destination: d.WithoutSecrets()}, nil
}

func (r row) entry() audit.Entry {
	body, _ := json.Marshal(document{
		Pending: r.pending, Created: r.Created, Updated: r.Updated, Public: r.JSON(), Sealed: r.sealed,
		Keys: r.sealedKeys, Beginning: r.Beginning,
	})
	return audit.Entry{EntryKey: r.key(), Body: body, Version: r.version}
}

// readRow reads an entry. It is sealed again by rowOf only.
func readRow(e audit.Entry) (row, error) {
	var d document
	if err := json.Unmarshal(e.Body, &d); err != nil {
		return row{}, fmt.Errorf("read a stored destination: %w", err)
	}
	read, err := read(string(d.Public))
	if err != nil {
		return row{}, &audit.Error{Code: audit.Internal, Message: "a stored destination cannot be read", Err: err}
	}
	read.ID, read.Created, read.Updated = e.ID, d.Created, d.Updated
	read.sealed, read.sealedKeys, read.Beginning = d.Sealed, d.Keys, d.Beginning
	return row{Destination: read, pending: d.Pending, version: e.Version, body: e.Body}, nil
}

// put writes a row over the version that is known. It is errMoved when that is not
// the present one, unless it is by this very write, whose answer was lost.
func (s *Store) put(ctx context.Context, r row) (audit.Version, error) {
	entry := r.entry()
	version, err := s.options.Registry.Put(ctx, entry)
	if !isCode(err, audit.Conflict) {
		return version, err
	}
	present, err := s.options.Registry.Get(ctx, entry.EntryKey)
	switch {
	case err == nil && bytes.Equal(present.Body, entry.Body):
		return present.Version, nil
	case err == nil || isCode(err, audit.NotFound):
		return "", errMoved
	}
	return "", err
}

// get reads the row of an id, pending or not. It is nil when there is none.
func (s *Store) get(ctx context.Context, org, id string) (*row, error) {
	entry, err := s.options.Registry.Get(ctx, keyOf(org, id))
	if isCode(err, audit.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := readRow(entry)
	return &r, err
}

// find returns the row of a destination that lies in the scope.
func (s *Store) find(ctx context.Context, scope audit.Scope, id string) (row, error) {
	if err := scope.Validate(); err != nil {
		return row{}, err
	}
	if id == "" || len(id) > 64 { // the ids of other things
		return row{}, errNotFound
	}
	if scope.All() {
		return s.findAnywhere(ctx, id)
	}
	for _, org := range scope.List() {
		found, err := s.get(ctx, org, id)
		if err != nil {
			return row{}, err
		}
		if found != nil && !found.pending {
			return *found, nil
		}
	}
	return row{}, errNotFound
}

// findAnywhere looks through all destinations: only a server without authentication
// has a caller who need not say the org.
func (s *Store) findAnywhere(ctx context.Context, id string) (row, error) {
	rows, err := s.rows(ctx, audit.AllOrgs())
	if err != nil {
		return row{}, err
	}
	for _, r := range rows {
		if r.ID == id && !r.pending {
			return r, nil
		}
	}
	return row{}, errNotFound
}

// rows returns all rows of a scope, pending ones too.
func (s *Store) rows(ctx context.Context, scope audit.Scope) ([]row, error) {
	var rows []row
	q := audit.EntryQuery{Kind: entryKind, Scope: scope, Limit: audit.MaxEntries}
	for {
		entries, err := s.options.Registry.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			r, err := readRow(entry)
			if err != nil {
				return nil, err
			}
			rows = append(rows, r)
		}
		if len(entries) < q.Limit {
			return rows, nil
		}
		q.After = entries[len(entries)-1].EntryKey
	}
}
