//go:build cluster

package elastictest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// A document with two replicas outlives a killed node and, once that is back,
// the killed master.
func TestClusterKeepsADocumentWhileNodesAreKilled(t *testing.T) {
	t.Parallel()
	cluster := elastictest.StartCluster(t, 3)
	urls := cluster.URLs()
	master := cluster.Master()
	send(t, http.MethodPut, urls[master]+"/kept", `{"settings":{"number_of_shards":1,"number_of_replicas":2}}`)
	cluster.WaitGreen()
	send(t, http.MethodPut, urls[master]+"/kept/_doc/1", `{"greeting":"hello"}`)

	other := (master + 1) % 3
	cluster.Kill(other)
	requireDocument(t, urls[master])
	cluster.Start(other)
	cluster.WaitGreen()

	cluster.Kill(master)
	next := cluster.Master()
	if next == master {
		t.Fatalf("node %d was killed and is still the master", master)
	}
	requireDocument(t, urls[next])
	cluster.Start(master)
	cluster.WaitGreen()
	cluster.Stop(next)
	requireDocument(t, urls[master])
}

func requireDocument(t *testing.T, url string) {
	t.Helper()
	if answer := send(t, http.MethodGet, url+"/kept/_doc/1", ""); !strings.Contains(answer, "hello") {
		t.Errorf("%s answers %s", url, answer)
	}
}
