package elastic

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"sync"
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
	Settings registrySettings `json:"settings"`
	Mappings registryMappings `json:"mappings"`
}

type registrySettings struct {
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

var registryIndex = registryLayout{
	Settings: registrySettings{Shards: "1", Replicas: "0-1", RefreshInterval: "30s", Durability: "request"},
	Mappings: registryMappings{Properties: map[string]registryField{"kind": {"keyword"}, "org": {"keyword"}, "id": {"keyword"}}},
}

// making is something that has to be there before it is used, made at first use.
type making struct {
	mu   sync.Mutex
	made bool
}

// makeRegistry makes the registry's index, unless it is there. Left to itself,
// the engine would make it with a mapping of its own.
func (s *Store) makeRegistry(ctx context.Context) error {
	if s.closing() {
		return errClosed()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.registry.mu.Lock()
	defer s.registry.mu.Unlock()
	if s.registry.made {
		return nil
	}
	index := s.names.registry()
	err := s.client.do(ctx, esapi.IndicesCreateRequest{Index: index, Body: jsonBody(registryIndex)}, nil)
	if alreadyExists(err) { // maybe since a moment ago, and no shard has started
		err = s.client.do(ctx, esapi.ClusterHealthRequest{Index: []string{index}, WaitForActiveShards: "1", Timeout: 10 * time.Second}, nil)
	}
	if err != nil {
		return fmt.Errorf("make the registry: %w", err)
	}
	s.registry.made = true
	return nil
}
