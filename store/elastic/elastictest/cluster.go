package elastictest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clusterTimeout bounds each wait for a cluster: to answer, to elect, to be green.
const clusterTimeout = 3 * time.Minute

// A Cluster is several local Elasticsearch processes that form one cluster. Its
// methods are for the goroutine of the test, which they end where they fail.
type Cluster struct {
	t     testing.TB
	nodes []*node
}

// StartCluster starts a cluster of so many nodes by the server that
// scripts/elasticsearch fetches, each with some settings of its own such as
// "thread_pool.write.size=1", and waits until it is green. The nodes and their data
// go when the test ends. Where there is no such server the test is skipped, and
// in CI it fails.
func StartCluster(t testing.TB, nodes int, settings ...string) *Cluster {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	home, java, err := fetchServer(ctx)
	requireHere(t, err)
	folder, err := os.MkdirTemp("", "authtrail-cluster-")
	if err != nil {
		t.Fatalf("make the cluster's folder: %v", err)
	}
	cluster := &Cluster{t: t}
	t.Cleanup(func() {
		for _, n := range cluster.nodes {
			n.kill()
		}
		if err := os.RemoveAll(folder); err != nil {
			t.Errorf("remove the cluster's folder: %v", err)
		}
	})
	cluster.nodes, err = layOut(folder, home, java, nodes, settings)
	if err != nil {
		t.Fatalf("lay out the cluster: %v", err)
	}
	for _, n := range cluster.nodes {
		if err := n.start(); err != nil {
			t.Fatalf("start the cluster: %v", err)
		}
	}
	cluster.WaitGreen()
	return cluster
}

// URLs returns the addresses of all nodes, running or not. A node keeps its
// address for good.
func (c *Cluster) URLs() []string {
	urls := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		urls[i] = n.url()
	}
	return urls
}

// Kill ends node i by SIGKILL, as a machine that loses its power would.
func (c *Cluster) Kill(i int) {
	c.t.Helper()
	c.nodes[i].kill()
}

// Stop ends node i as an operator would, and waits until it has ended.
func (c *Cluster) Stop(i int) {
	c.t.Helper()
	if err := c.nodes[i].stop(); err != nil {
		c.t.Fatalf("stop node %d: %v", i, err)
	}
}

// Start starts node i again on what it had stored, and waits until it has
// joined the others. It may still be recovering its shards: see WaitGreen.
func (c *Cluster) Start(i int) {
	c.t.Helper()
	if err := c.nodes[i].start(); err != nil {
		c.t.Fatalf("start node %d again: %v", i, err)
	}
	c.eventually(fmt.Sprintf("node %d has joined", i), func(ctx context.Context) error {
		_, err := ask(ctx, http.MethodGet, c.nodes[i].url()+"/_cluster/health?timeout=1s")
		return err
	})
}

// Master returns the index of the elected master, waiting for an election.
func (c *Cluster) Master() int {
	c.t.Helper()
	master := -1
	c.eventually("a master is elected", func(ctx context.Context) error {
		answer, err := c.askAny(ctx, "/_cat/master?h=node")
		if err != nil {
			return err
		}
		for i, n := range c.nodes {
			if n.name == strings.TrimSpace(string(answer)) {
				master = i
				return nil
			}
		}
		return fmt.Errorf("the master is %q, which is no node of ours", answer)
	})
	return master
}

// WaitGreen waits until all running nodes form one cluster in which every
// shard and replica is where it shall be.
func (c *Cluster) WaitGreen() {
	c.t.Helper()
	running := 0
	for _, n := range c.nodes {
		if n.running() {
			running++
		}
	}
	path := fmt.Sprintf("/_cluster/health?wait_for_status=green&wait_for_nodes=%d&wait_for_no_relocating_shards=true&timeout=5s", running)
	c.eventually("the cluster is green", func(ctx context.Context) error {
		_, err := c.askAny(ctx, path)
		return err
	})
}

// askAny asks the first running node that answers.
func (c *Cluster) askAny(ctx context.Context, path string) ([]byte, error) {
	errs := []error{errors.New("no node answered")}
	for _, n := range c.nodes {
		if !n.running() {
			continue
		}
		answer, err := ask(ctx, http.MethodGet, n.url()+path)
		if err == nil {
			return answer, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// eventually tries until it succeeds, and ends the test where it does not, or
// where a node that should run has ended by itself.
func (c *Cluster) eventually(what string, try func(context.Context) error) {
	c.t.Helper()
	deadline := time.Now().Add(clusterTimeout)
	for {
		ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
		err := try(ctx)
		cancel()
		if err == nil {
			return
		}
		for _, n := range c.nodes {
			if n.hasDied() {
				c.t.Fatalf("%s has ended by itself: %s", n.name, n.lastWords())
			}
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("waited %v until %s: %v", clusterTimeout, what, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// lastWords returns the end of what the node printed.
func (n *node) lastWords() string {
	f, err := os.Open(filepath.Join(n.folder, "output"))
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	printed, err := io.ReadAll(f)
	if err != nil {
		return err.Error()
	}
	return string(printed[max(0, len(printed)-2000):])
}
