package elastic

import (
	"context"
	"fmt"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

// registryDocument is an entry as the index has it. The body is a string, so that
// it stays as it was to the byte.
type registryDocument struct {
	Kind string `json:"kind"`
	Org  string `json:"org"`
	ID   string `json:"id"`
	Body string `json:"body"`
}

// registryHit is a document that was read, and its place in the history of the index.
type registryHit struct {
	SeqNo       int64            `json:"_seq_no"`
	PrimaryTerm int64            `json:"_primary_term"`
	Source      registryDocument `json:"_source"`
}

func (h registryHit) entry() audit.Entry {
	return audit.Entry{
		EntryKey: audit.EntryKey{Kind: h.Source.Kind, Org: h.Source.Org, ID: h.Source.ID},
		Body:     []byte(h.Source.Body), Version: version(h.SeqNo, h.PrimaryTerm),
	}
}

// Get implements audit.Registry. It reads by id, which sees what was written last
// without a refresh.
func (s *Store) Get(ctx context.Context, key audit.EntryKey) (audit.Entry, error) {
	if err := key.Validate(); err != nil {
		return audit.Entry{}, err
	}
	if err := s.makeRegistry(ctx); err != nil {
		return audit.Entry{}, err
	}
	var hit registryHit
	err := s.client.do(ctx, esapi.GetRequest{Index: s.names.registry(), DocumentID: registryID(key)}, &hit)
	switch {
	case hasStatus(err, http.StatusNotFound):
		return audit.Entry{}, audit.EntryNotFound(key)
	case err != nil:
		return audit.Entry{}, fmt.Errorf("get a %s: %w", key.Kind, err)
	}
	return hit.entry(), nil
}

// Put implements audit.Registry.
func (s *Store) Put(ctx context.Context, entry audit.Entry) (audit.Version, error) {
	if err := entry.Validate(); err != nil {
		return "", err
	}
	if err := s.makeRegistry(ctx); err != nil {
		return "", err
	}
	request := esapi.IndexRequest{
		Index: s.names.registry(), DocumentID: registryID(entry.EntryKey), RequireAlias: yes,
		Body: jsonBody(registryDocument{entry.Kind, entry.Org, entry.ID, string(entry.Body)}),
	}
	if entry.Version == "" {
		request.OpType = "create"
	} else {
		seqNo, term, ok := parseVersion(entry.Version)
		if !ok {
			return "", audit.EntryConflict(entry.EntryKey)
		}
		request.IfSeqNo, request.IfPrimaryTerm = &seqNo, &term
	}
	var written registryHit
	err := s.client.do(ctx, request, &written)
	switch {
	case hasStatus(err, http.StatusConflict):
		return "", audit.EntryConflict(entry.EntryKey)
	case err != nil:
		return "", fmt.Errorf("put a %s: %w", entry.Kind, s.withoutRegistry(err))
	}
	return version(written.SeqNo, written.PrimaryTerm), nil
}

// Delete implements audit.Registry.
func (s *Store) Delete(ctx context.Context, key audit.EntryKey, version audit.Version) error {
	if err := key.Validate(); err != nil {
		return err
	}
	if err := s.makeRegistry(ctx); err != nil {
		return err
	}
	seqNo, term, ok := parseVersion(version)
	if !ok {
		return audit.EntryConflict(key)
	}
	request := esapi.DeleteRequest{Index: s.names.registry(), DocumentID: registryID(key), IfSeqNo: &seqNo, IfPrimaryTerm: &term}
	err := s.client.do(ctx, request, nil)
	switch {
	case hasStatus(err, http.StatusConflict, http.StatusNotFound):
		return audit.EntryConflict(key)
	case err != nil:
		return fmt.Errorf("delete a %s: %w", key.Kind, err)
	}
	return nil
}
