// Package elastictest gives tests a real Elasticsearch: one node that all tests
// share (URL, Prefix), clusters of their own whose nodes they may kill
// (Cluster), and a network between them that misbehaves (Proxy).
// docs/development.md says where the server comes from.
package elastictest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// version is the Elasticsearch that tests run against.
const version = "8.19.21"

// startTimeout bounds the start of a server, its download included.
const startTimeout = 5 * time.Minute

// errNotHere says that a way of getting a server does not exist on this
// machine, as opposed to one that exists and failed.
var errNotHere = errors.New("not on this machine")

// URL returns the address of a running Elasticsearch of one node, the same one
// for all tests. It is the one that ELASTICSEARCH_URL names; else a container,
// where a Docker engine answers; else the server that scripts/elasticsearch
// starts, and ends once no test process uses it. ELASTICSEARCH_FROM=docker and
// ELASTICSEARCH_FROM=script allow that one way only.
//
// Where there is none the test is skipped; in CI, which sets CI, it fails.
func URL(t testing.TB) string {
	t.Helper()
	url, err := sharedServer()
	requireHere(t, err)
	return url
}

var sharedServer = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	from := os.Getenv("ELASTICSEARCH_FROM")
	if url := os.Getenv("ELASTICSEARCH_URL"); url != "" && from == "" {
		return strings.TrimSuffix(url, "/"), checkHealth(ctx, url)
	}
	switch from {
	case "docker":
		return startContainer(ctx)
	case "script":
		return startByScript(ctx)
	case "":
		return startOnThisMachine(ctx)
	}
	return "", fmt.Errorf("ELASTICSEARCH_FROM is %q, want docker or script", from)
})

// startOnThisMachine prefers a container, and takes the script where no engine answers.
func startOnThisMachine(ctx context.Context) (string, error) {
	url, noEngine := startContainer(ctx)
	if !errors.Is(noEngine, errNotHere) {
		return url, noEngine
	}
	url, err := startByScript(ctx)
	if errors.Is(err, errNotHere) {
		err = errors.Join(noEngine, err)
	}
	return url, err
}

// requireHere ends the test where there was an error: by a skip where a
// developer's machine has no Elasticsearch, else by a failure.
func requireHere(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if errors.Is(err, errNotHere) && os.Getenv("CI") == "" {
		t.Skipf("no Elasticsearch (docs/development.md): %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	t.Fatalf("get an Elasticsearch: %v", err)
}

// checkHealth requires that the cluster at url answers.
func checkHealth(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/")+"/_cluster/health", nil)
	if err != nil {
		return fmt.Errorf("ask for the health of ELASTICSEARCH_URL: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask for the health of ELASTICSEARCH_URL: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ELASTICSEARCH_URL answered %s for its health", resp.Status)
	}
	return nil
}
