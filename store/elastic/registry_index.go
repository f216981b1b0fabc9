package elastic

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

// registryID is the _id of an entry's document. Ids of the engine are of 512
// bytes at most, so it is a hash; no two keys make the same text.
func registryID(key audit.EntryKey) string {
	sum := sha256.Sum256([]byte(key.Kind + "\x00" + strconv.Itoa(len(key.Org)) + "\x00" + key.Org + key.ID))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// version is where in the history of the index the entry was written. No place
// comes twice: another primary shard may count from a lower number, in a later term.
func version(seqNo, term int64) audit.Version {
	return audit.Version(strconv.FormatInt(seqNo, 10) + "." + strconv.FormatInt(term, 10))
}

// parseVersion reads what version made; anything else is no version that was ever given.
func parseVersion(v audit.Version) (seqNo, term int, ok bool) {
	first, second, _ := strings.Cut(string(v), ".")
	seqNo, err := strconv.Atoi(first)
	if err != nil || seqNo < 0 {
		return 0, 0, false
	}
	term, err = strconv.Atoi(second)
	return seqNo, term, err == nil && term > 0 && version(int64(seqNo), int64(term)) == v
}

// registryLayout is how the registry's index is made. Nothing waits for a
// refresh but lists, which ask for one.
type registryLayout struct {
	Settings registrySettings    `json:"settings"`
	Mappings registryMappings    `json:"mappings"`
	Aliases  map[string]struct{} `json:"aliases"`
}

type registrySettings struct {
	Hidden          bool   `json:"index.hidden"` // from whoever looks at everything that begins like our records
	Shards          string `json:"index.number_of_shards"`
	Replicas        string `json:"index.auto_expand_replicas"`
	RefreshInterval string `json:"index.refresh_interval"`
	Durability      string `json:"index.translog.durability"`
}

type registryMappings struct {
	Dynamic    bool                     `json:"dynamic"`
	Properties map[string]registryField `json:"properties"`
}

type registryField struct {
	Type string `json:"type"`
}

func (n names) registryLayout() registryLayout {
	return registryLayout{
		Settings: registrySettings{Hidden: true, Shards: "1", Replicas: "0-1", RefreshInterval: "30s", Durability: "request"},
		Mappings: registryMappings{Properties: map[string]registryField{"kind": {"keyword"}, "org": {"keyword"}, "id": {"keyword"}}},
		Aliases:  map[string]struct{}{n.registry(): {}},
	}
}

// makeRegistry makes the registry's index, unless it is there; so may others in
// the same moment. Left to itself, the engine would make it with a mapping of its own.
func (s *Store) makeRegistry(ctx context.Context) error {
	if s.closing() {
		return errClosed()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.registryMade.Load() {
		return nil
	}
	index := s.names.registryIndex()
	err := s.client.do(ctx, esapi.IndicesCreateRequest{Index: index, Body: jsonBody(s.names.registryLayout())}, nil)
	if alreadyExists(err) { // maybe since a moment ago, and no shard has started
		err = s.client.do(ctx, esapi.ClusterHealthRequest{Index: []string{index}, WaitForActiveShards: "1", Timeout: 10 * time.Second}, nil)
	}
	if err != nil {
		return fmt.Errorf("make the registry: %w", err)
	}
	s.registryMade.Store(true)
	return nil
}

// withoutRegistry notes that the registry's index is gone, where that is why
// something failed: the next call makes it.
func (s *Store) withoutRegistry(err error) error {
	if !hasStatus(err, http.StatusNotFound) {
		return err
	}
	s.registryMade.Store(false)
	return unavailable("Elasticsearch has lost the registry", err)
}
