package elastic

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// A node with hardly any room for writes turns many of them away, whole bulks as
// well as single records. All are held in the end, each once, and whoever is
// told to come back later learns when.
func TestWhatATooBusyClusterTurnsAwayIsHeldInTheEnd(t *testing.T) {
	t.Parallel()
	cluster := elastictest.StartCluster(t, 1,
		"thread_pool.write.size=1", "thread_pool.write.queue_size=2", "indexing_pressure.memory.limit=400kb")
	s := open(t, Options{URLs: cluster.URLs(), IndexPrefix: "busy", Partition: Day, Shards: 2, Replicas: -1})
	var all []*audit.Record
	var group sync.WaitGroup
	for writer := range 5 {
		var batches [2][]*audit.Record
		for b := range batches {
			for i := range 300 {
				at := time.Now().Add(-time.Duration(i%2) * 24 * time.Hour)
				batches[b] = append(batches[b], event(t, "o", fmt.Sprintf("%d-%d-%d", writer, b, i), at, ""))
			}
			all = append(all, batches[b]...)
		}
		group.Go(func() {
			for _, batch := range batches {
				appendUntilHeld(t, s, batch)
			}
		})
	}
	group.Wait()
	expectHeld(t, s, all...)
	if count, err := readFeed(t.Context(), s); err != nil || count != len(all) {
		t.Errorf("the feed gives %d records, %v; want %d", count, err, len(all))
	}
	records, bulks := turnedAway(t, s)
	if records == 0 || bulks == 0 {
		t.Errorf("the node has turned away %d writes of a shard and %d bulks; the test shows nothing", records, bulks)
	}
	t.Logf("turned away: %d writes of a shard, %d bulks", records, bulks)
}

// appendUntilHeld appends a batch as often as it is refused for now.
func appendUntilHeld(t *testing.T, s *Store, batch []*audit.Record) {
	for range 20 {
		outcomes, err := s.Append(t.Context(), batch)
		if err != nil {
			requireUnavailable(t, "append", err)
			continue
		}
		for i, outcome := range outcomes {
			if outcome.Status == audit.Rejected {
				t.Errorf("%s is rejected: %s", batch[i].UniqueID, outcome.Reason)
			}
		}
		return
	}
	t.Errorf("%s and what was sent with it are never held", batch[0].UniqueID)
}

// turnedAway returns how many writes to a shard, and how many whole bulks, the node says it had no room for.
func turnedAway(t *testing.T, s *Store) (writes, bulks int) {
	t.Helper()
	var pools []struct {
		Rejected string `json:"rejected"`
	}
	if err := s.client.do(t.Context(), esapi.CatThreadPoolRequest{ThreadPoolPatterns: []string{"write"}, H: []string{"rejected"}, Format: "json"}, &pools); err != nil {
		t.Fatal(err)
	}
	for _, pool := range pools {
		rejected, err := strconv.Atoi(pool.Rejected)
		if err != nil {
			t.Fatal(err)
		}
		writes += rejected
	}
	var stats struct {
		Nodes map[string]struct {
			Pressure struct {
				Memory struct {
					Total struct {
						Coordinating int `json:"coordinating_rejections"`
						Primary      int `json:"primary_rejections"`
					} `json:"total"`
				} `json:"memory"`
			} `json:"indexing_pressure"`
		} `json:"nodes"`
	}
	if err := s.client.do(t.Context(), esapi.NodesStatsRequest{Metric: []string{"indexing_pressure"}}, &stats); err != nil {
		t.Fatal(err)
	}
	for _, node := range stats.Nodes {
		bulks += node.Pressure.Memory.Total.Coordinating
	}
	return writes, bulks
}
