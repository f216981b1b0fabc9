package main

import (
	"encoding/json"
	"testing"

	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// Of two servers on one cluster one builds the login flows. When it is killed, the
// other takes over, and ends with the flows of all records.
func TestTheOtherServerBuildsOnWhenOneIsKilled(t *testing.T) {
	t.Parallel()
	lines, records := sampleLines(t)
	config := defaultConfig()
	config.Store, config.Elasticsearch.URL = "elasticsearch", []string{elastictest.URL(t)}
	config.Elasticsearch.IndexPrefix, config.Elasticsearch.Replicas = elastictest.Prefix(t), "0"
	flags := []string{"--store", "elasticsearch", "--elasticsearch-url", config.Elasticsearch.URL[0],
		"--elasticsearch-index-prefix", config.Elasticsearch.IndexPrefix, "--elasticsearch-replicas", "0"}
	holder, other := startProcess(t, flags...), startProcess(t, flags...)
	eventually(t, "one of them builds the flows", func() bool { return holder.building(t) != other.building(t) })
	if other.building(t) {
		holder, other = other, holder
	}
	half := len(lines) / 2
	for _, some := range [][]json.RawMessage{lines[:half/2], lines[half/2 : half]} {
		if other.sendLines(some) != len(some) {
			t.Fatal("not all was acknowledged")
		}
	}
	holder.kill()
	if rest := lines[half:]; other.sendLines(rest) != len(rest) {
		t.Fatal("not all was acknowledged")
	}
	eventually(t, "the other one builds the flows", func() bool { return other.building(t) })
	requireFlows(t, config, records)
	mustRun(t, append([]string{"rebuild-flows"}, flags...)...)
	requireFlows(t, config, records)
	eventually(t, "the server builds them again", func() bool { return other.building(t) })
}
