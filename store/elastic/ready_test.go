package elastic

import (
	"context"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

func TestAClusterThatWasEmptiedIsMadeReadyAgain(t *testing.T) {
	t.Parallel()
	s := open(t, testOptions(t))
	statuses(t, s, event(t, "o", "before", time.Now(), ""))
	for _, request := range []esapi.Request{
		esapi.IndicesDeleteRequest{Index: s.partitionsNow(t)},
		esapi.IndicesDeleteIndexTemplateRequest{Name: s.names.records()},
	} {
		if err := s.client.do(context.Background(), request, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Fatalf("ready: %v", err)
	}
	statuses(t, s, event(t, "o", "after", time.Now(), ""))
	if versions, err := s.partitionVersions(t.Context()); err != nil || len(versions) != 2 {
		t.Errorf("the partitions are %v, %v; want the overflow and today's", versions, err)
	}
}

// partitionsNow returns the names of all partitions.
func (s *Store) partitionsNow(t *testing.T) []string {
	t.Helper()
	versions, err := s.partitionVersions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range versions {
		names = append(names, name)
	}
	return names
}
