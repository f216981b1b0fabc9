package elastic

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

// A partition that was made anew (reindex.go) holds copies, whose own numbers say
// nothing of the order in which they were stored first. The feed goes on with them
// as if the shard that they were copied from were still there: under its key, and
// by the numbers that they had in it. So a reader notices nothing, wherever in
// the old shard it was.

// origins remembers which shards the copies in each index come from. It does not
// change: an index becomes a partition when its last copy is in it.
type origins struct {
	mu sync.Mutex
	of map[uint64][]shard // by the hash of the index's UUID
}

// readStreams returns all shards, and those that copies come from. A partition
// that was made a moment ago cannot be searched at once.
func (f *feed) readStreams(ctx context.Context) ([]shard, error) {
	for deadline := time.Now().Add(missingWithin); ; {
		shards, err := f.store.readShards(ctx)
		if err != nil {
			return nil, err
		}
		copied, err := f.originsOf(ctx, shards)
		if err == nil {
			return append(shards, copied...), nil
		}
		if audit.AsError(err).Code != audit.Unavailable && !hasStatus(err, http.StatusNotFound) || time.Now().After(deadline) {
			return nil, fmt.Errorf("read where copies come from: %w", err)
		}
		if err := f.pause(ctx, missingPause, nil); err != nil {
			return nil, err
		}
	}
}

// originsOf returns the shards that copies come from, and that are no more.
func (f *feed) originsOf(ctx context.Context, shards []shard) ([]shard, error) {
	f.origins.mu.Lock()
	defer f.origins.mu.Unlock()
	present := map[shardKey]bool{}
	known := map[uint64][]shard{}
	unknown := map[string]uint64{}
	for _, s := range shards {
		present[s.key] = true
		if of, ok := f.origins.of[s.key.index]; ok {
			known[s.key.index] = of
		} else {
			unknown[s.index] = s.key.index
		}
	}
	if len(unknown) > 0 {
		found, err := f.store.findOrigins(ctx, slices.Sorted(maps.Keys(unknown)))
		if err != nil {
			return nil, err
		}
		for name, index := range unknown {
			known[index] = found[name]
		}
	}
	f.origins.of = known
	return copiesIn(shards, known, present), nil
}

// copiesIn returns what stands in the shards' indices for shards that are not present, in their order.
func copiesIn(shards []shard, known map[uint64][]shard, present map[shardKey]bool) (copied []shard) {
	listed := map[uint64]bool{}
	for _, s := range shards {
		if listed[s.key.index] {
			continue
		}
		listed[s.key.index] = true
		for _, origin := range known[s.key.index] {
			if !present[origin.key] {
				copied = append(copied, origin)
			}
		}
	}
	return copied
}

const findOriginsBody = `{"size":0,"track_total_hits":false,"query":{"exists":{"field":"` + fieldCopied + `"}},
	"aggs":{"indices":{"terms":{"field":"_index","size":10000},
	"aggs":{"origins":{"terms":{"field":"` + fieldCopied + `","size":20000,"order":{"_key":"asc"}},
	"aggs":{"last":{"max":{"field":"` + fieldCopiedSeq + `"}}}}}}}}`

// maxNamedIndices is how many indices a request names. For more it is of all:
// the engine refuses a first line of more than 4 kB.
const maxNamedIndices = 20

// findOrigins returns the shards that the copies in each of the indices come from.
func (s *Store) findOrigins(ctx context.Context, indices []string) (map[string][]shard, error) {
	var answer struct {
		Aggregations struct {
			Indices struct {
				Buckets []struct {
					Name    string `json:"key"`
					Origins struct {
						Buckets []originBucket `json:"buckets"`
					} `json:"origins"`
				} `json:"buckets"`
			} `json:"indices"`
		} `json:"aggregations"`
	}
	if len(indices) > maxNamedIndices {
		indices = []string{s.names.records()}
	}
	request := esapi.SearchRequest{Index: indices, Body: strings.NewReader(findOriginsBody), AllowPartialSearchResults: no}
	if err := s.client.do(ctx, request, &answer); err != nil {
		return nil, err
	}
	found := map[string][]shard{}
	for _, index := range answer.Aggregations.Indices.Buckets {
		for _, bucket := range index.Origins.Buckets {
			origin, err := bucket.shard(index.Name)
			if err != nil {
				return nil, err
			}
			found[index.Name] = append(found[index.Name], origin)
		}
	}
	return found, nil
}

// originBucket is what the engine says of the copies from one shard.
type originBucket struct {
	Origin string `json:"key"`
	Last   struct {
		Value float64 `json:"value"`
	} `json:"last"`
}

func (b originBucket) shard(index string) (shard, error) {
	key, err := parseOrigin(b.Origin)
	last := int64(math.Round(b.Last.Value))
	return shard{key: key, index: index, origin: b.Origin, checkpoint: last, highest: last}, err
}

// parseOrigin reads what originOf made.
func parseOrigin(text string) (shardKey, error) {
	index, number, _ := strings.Cut(text, "/")
	hash, err := strconv.ParseUint(index, 16, 64)
	if err != nil {
		return shardKey{}, fmt.Errorf("the origin %q: %w", text, err)
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return shardKey{}, fmt.Errorf("the origin %q: %w", text, err)
	}
	return shardKey{hash, n}, nil
}
