package elastic

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// shard is one shard of a partition, as far as it has got.
type shard struct {
	key    shardKey
	index  string
	origin string // where the copies come from that stand for this shard, which is no more; empty for a shard that is there

	// checkpoint is the highest _seq_no of which every copy in sync has all that
	// is numbered lower: no failure takes any of it back. highest is the highest
	// that was given; what lies between is being written.
	checkpoint, highest int64

	absent int // how many of its copies were not there
}

// settled reports whether nothing is being written that counts up to highest.
func settled(shards []shard, highest map[shardKey]int64) bool {
	return !slices.ContainsFunc(shards, func(s shard) bool { return s.checkpoint < min(s.highest, highest[s.key]) })
}

func highestOf(shards []shard) map[shardKey]int64 {
	highest := make(map[shardKey]int64, len(shards))
	for _, s := range shards {
		highest[s.key] = s.highest
	}
	return highest
}

// errDropped says that a partition was dropped while something was asked of it.
var errDropped = errors.New("a partition was dropped meanwhile")

// attempts is how often something is done because of a dropped partition.
const attempts = 4

// errMissing says that a shard of a partition has no primary.
var errMissing = errors.New("a shard has no primary")

// A partition that was just made has no primary for a moment, and one whose node
// has failed for a little longer.
const (
	missingPause  = 50 * time.Millisecond
	missingWithin = 5 * time.Second
)

// readShards returns all shards of all partitions, by the names of the indices.
// The list of the indices is the cluster's own: statistics alone would make one
// whose shards are all down look as if it had been dropped.
func (s *Store) readShards(ctx context.Context) (shards []shard, err error) {
	for deadline := time.Now().Add(missingWithin); ; {
		shards, err = s.tryReadShards(ctx)
		if !errors.Is(err, errDropped) && !errors.Is(err, errMissing) || time.Now().After(deadline) {
			break
		}
		if err := s.feed.pause(ctx, missingPause, nil); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read how far the shards are: %w", err)
	}
	slices.SortFunc(shards, func(a, b shard) int {
		return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.key.number, b.key.number))
	})
	return shards, nil
}

// indexIdentity is what the cluster says of an index.
type indexIdentity struct {
	uuid   string
	shards int
	copies int // of each shard, the primary included
}

func (s *Store) tryReadShards(ctx context.Context) ([]shard, error) {
	indices, err := s.readIndices(ctx)
	if err != nil || len(indices) == 0 {
		return nil, err
	}
	stats, err := s.readStats(ctx)
	if err != nil {
		return nil, err
	}
	var shards []shard
	for name, identity := range indices {
		if of, ok := stats[name]; ok && of.UUID != identity.uuid {
			return nil, errDropped // and made anew
		}
		for number := range identity.shards {
			found, ok := stats[name].primary(number)
			if !ok {
				return nil, s.missing(ctx, name, identity, number)
			}
			found.key, found.index = keyOf(identity.uuid, number), name
			found.absent = max(0, identity.copies-len(stats[name].Shards[strconv.Itoa(number)]))
			shards = append(shards, found)
		}
	}
	return shards, nil
}

// missing says why a shard has no statistics.
func (s *Store) missing(ctx context.Context, name string, identity indexIdentity, number int) error {
	indices, err := s.readIndices(ctx)
	switch {
	case err != nil:
		return err
	case indices[name].uuid != identity.uuid:
		return errDropped
	}
	return unavailable("Elasticsearch has lost a shard for now", fmt.Errorf("shard %d of %s: %w", number, name, errMissing))
}

// readIndices returns the partitions, or some of the indices, by the names that are their own.
func (s *Store) readIndices(ctx context.Context, some ...string) (map[string]indexIdentity, error) {
	var answer map[string]struct {
		Settings struct {
			Index struct {
				UUID     string `json:"uuid"`
				Shards   string `json:"number_of_shards"`
				Replicas string `json:"number_of_replicas"`
			} `json:"index"`
		} `json:"settings"`
	}
	if len(some) == 0 {
		some = []string{s.names.records()}
	}
	err := s.client.do(ctx, esapi.IndicesGetSettingsRequest{
		Index: some, IgnoreUnavailable: yes, AllowNoIndices: yes,
		FilterPath: []string{"*.settings.index.uuid", "*.settings.index.number_of_shards", "*.settings.index.number_of_replicas"},
	}, &answer)
	if err != nil {
		return nil, err
	}
	indices := make(map[string]indexIdentity, len(answer))
	for name, of := range answer {
		shards, err := strconv.Atoi(of.Settings.Index.Shards)
		replicas, wrong := strconv.Atoi(of.Settings.Index.Replicas)
		if err = cmp.Or(err, wrong); err != nil {
			return nil, fmt.Errorf("the settings of %s: %w", name, err)
		}
		indices[name] = indexIdentity{of.Settings.Index.UUID, shards, replicas + 1}
	}
	return indices, nil
}

// indexStats is what an index says of the copies of its shards.
type indexStats struct {
	UUID   string `json:"uuid"`
	Shards map[string][]struct {
		Routing struct {
			Primary bool `json:"primary"`
		} `json:"routing"`
		SeqNo struct {
			Max        int64 `json:"max_seq_no"`
			Checkpoint int64 `json:"global_checkpoint"`
		} `json:"seq_no"`
	} `json:"shards"`
}

// primary returns how far the primary of a shard is. While it moves to another
// node there are two, and the one that is further is the one that writes.
func (i indexStats) primary(number int) (found shard, ok bool) {
	found = shard{checkpoint: -1, highest: -1}
	for _, copied := range i.Shards[strconv.Itoa(number)] {
		if copied.Routing.Primary {
			found.checkpoint, found.highest = max(found.checkpoint, copied.SeqNo.Checkpoint), max(found.highest, copied.SeqNo.Max)
			ok = true
		}
	}
	return found, ok
}

// readStats fails where a node does not answer: its copies would look absent,
// and are searched again as soon as it is back.
func (s *Store) readStats(ctx context.Context) (map[string]indexStats, error) {
	var answer struct {
		Indices map[string]indexStats `json:"indices"`
	}
	err := s.client.do(ctx, esapi.IndicesStatsRequest{
		Index: []string{s.names.records()}, Metric: []string{"docs"}, Level: "shards",
		FilterPath: []string{"_shards.failed", "indices.*.uuid", "indices.*.shards.*.routing.primary", "indices.*.shards.*.seq_no"},
	}, &answer)
	if hasStatus(err, http.StatusNotFound) {
		return nil, errDropped // all of them
	}
	return answer.Indices, err
}
