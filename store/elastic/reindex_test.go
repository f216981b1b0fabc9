package elastic

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

// makeOlder installs the template of a version before this one, so that the
// partitions that are made next have to be made anew.
func makeOlder(t testing.TB, s *Store) {
	t.Helper()
	older := s.options.template(s.names)
	older.Version = 0
	older.Template.Mappings.Meta = &mappingMeta{Version: 0}
	delete(older.Template.Mappings.Properties, fieldAttribute)
	if err := s.client.do(context.Background(), esapi.IndicesPutIndexTemplateRequest{Name: s.names.records(), Body: jsonBody(older)}, nil); err != nil {
		t.Fatal(err)
	}
}

// some returns records of a week, each with an attribute.
func some(t testing.TB, prefix string, n int) []*audit.Record {
	t.Helper()
	var records []*audit.Record
	for i := range n {
		records = append(records, event(t, "o", fmt.Sprintf("%s-%d", prefix, i), testTime.Add(-time.Duration(i%600)*time.Minute), `"api_name":"a","audit_attributes":[{"attribute_id":"x"}]`))
	}
	return records
}

// expectNewest checks that all partitions are of this version, and found by the field that it added.
func expectNewest(t testing.TB, s *Store, records int) {
	t.Helper()
	versions, err := s.partitionVersions(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for index, version := range versions {
		if version != mappingVersion {
			t.Errorf("%s is of version %d", index, version)
		}
	}
	x := "x"
	var count struct {
		Count int `json:"count"`
	}
	query := strings.NewReader(`{"query":{"term":{"attribute":"` + attributeTerm(nil, &x, nil) + `"}}}`)
	if err := s.client.do(context.Background(), esapi.CountRequest{Index: []string{s.names.records()}, Body: query}, &count); err != nil || count.Count != records {
		t.Errorf("%d records are found by the new field, %v; want %d", count.Count, err, records)
	}
}

func TestReindexWhileWritersAndReadersGoOn(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	options.Shards = 2
	s := open(t, options)
	makeOlder(t, s)
	records := some(t, "before", 3_000)
	statuses(t, s, records...)
	writer := open(t, options)
	var added []*audit.Record
	var group sync.WaitGroup
	begun, done := make(chan struct{}), make(chan struct{})
	group.Go(func() {
		for i := range records { // at most: what is held in the end is read by one search
			select {
			case <-done:
				return
			default:
			}
			batch := some(t, fmt.Sprintf("during-%d", i), 2)
			outcomes, err := writer.Append(context.Background(), append(batch, records[i]))
			again := false
			for ; err != nil && audit.AsError(err).Code == audit.Unavailable; again = true { // on a slow machine
				outcomes, err = writer.Append(context.Background(), append(batch, records[i]))
			}
			if err != nil {
				t.Errorf("append while a partition is made anew: %v", err)
			}
			for j, outcome := range outcomes {
				if want := j < len(batch); (outcome.Status == audit.Accepted) != want && !again {
					t.Errorf("while a partition is made anew record %d of a batch is %v", j, outcome)
				}
			}
			added = append(added, batch...)
			if i == 0 {
				close(begun)
			}
		}
	})
	<-begun
	var last ReindexProgress
	err := s.Reindex(context.Background(), func(p ReindexProgress) { last = p })
	statuses(t, writer, some(t, "after", 1)...)
	close(done)
	group.Wait()
	if err != nil {
		t.Fatalf("reindex: %v", err)
	}
	if last.Number != 1 || last.Of != 1 || last.Copied < 3_000 || last.Copied > last.Estimate || !strings.HasPrefix(last.Partition, s.names.records()) {
		t.Errorf("the last progress is %+v", last)
	}
	records = slices.Concat(records, added, some(t, "after", 1))
	if got := statuses(t, s, records[:50]...); slices.Contains(got, audit.Accepted) {
		t.Error("a record is not known any more")
	}
	expectHeld(t, s, records...)
	expectNewest(t, s, len(records))
	if err := s.Reindex(context.Background(), nil); err != nil {
		t.Errorf("with nothing to do: %v", err)
	}
}

func TestReindexGoesOnWhereItWasEnded(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	s := open(t, options)
	makeOlder(t, s)
	records := some(t, "r", 2_000)
	statuses(t, s, records...)
	ctx, cancel := context.WithCancel(context.Background())
	err := s.Reindex(ctx, func(p ReindexProgress) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("ended in the middle: %v", err)
	}
	expectHeld(t, s, records...)
	// As after a kill while writes were stopped.
	index := slices.Collect(maps.Keys(olderPartitions(t, s)))
	stop := esapi.IndicesAddBlockRequest{Index: index, Block: "write"}
	if err := s.client.do(context.Background(), stop, nil); err != nil {
		t.Fatal(err)
	}
	again := open(t, options)
	abandoned := s.names.rebuilt("w2026.02.23") + "-v0-0"
	if err := s.client.do(context.Background(), esapi.IndicesCreateRequest{Index: abandoned}, nil); err != nil {
		t.Fatal(err)
	}
	var waiting sync.WaitGroup
	waiting.Go(func() {
		_, err := again.Append(context.Background(), some(t, "waited", 3))
		for err != nil && audit.AsError(err).Code == audit.Unavailable { // on a slow machine more than once
			_, err = again.Append(context.Background(), some(t, "waited", 3))
		}
		if err != nil {
			t.Errorf("append while writes are stopped: %v", err)
		}
	})
	if err := again.Reindex(context.Background(), nil); err != nil {
		t.Fatalf("reindex again: %v", err)
	}
	waiting.Wait()
	records = append(records, some(t, "waited", 3)...)
	expectHeld(t, again, records...)
	expectNewest(t, again, len(records))
	var exists struct{}
	if err := s.client.do(context.Background(), esapi.IndicesGetRequest{Index: []string{abandoned}}, &exists); !hasStatus(err, 404) {
		t.Errorf("what an older program began is still there: %v", err)
	}
}

// olderPartitions returns the partitions that have to be made anew.
func olderPartitions(t testing.TB, s *Store) map[string]int {
	t.Helper()
	versions, err := s.partitionVersions(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(versions, func(_ string, version int) bool { return version == mappingVersion })
	return versions
}
