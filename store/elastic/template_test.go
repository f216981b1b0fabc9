package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestTemplateIsAsReviewed(t *testing.T) {
	t.Parallel()
	options, err := Options{URLs: []string{"http://127.0.0.1:9200"}, Shards: 3, Replicas: 2}.complete()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(jsonBody(options.template(names{"authtrail"})))
	var got bytes.Buffer
	if err := json.Indent(&got, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/template.json"
	if *update {
		if err := os.WriteFile(golden, append(got.Bytes(), '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(want)) != got.String() {
		t.Errorf("the template has changed. Where it is meant to: raise mappingVersion if partitions must be made anew, and layoutVersion, "+
			"run this test with -update, and review the difference of %s", golden)
	}
}

func TestAnOlderProgramRefusesANewerTemplate(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	s := open(t, options)
	newer := s.options.template(s.names)
	newer.Version++
	if err := s.client.do(context.Background(), esapi.IndicesPutIndexTemplateRequest{Name: s.names.records(), Body: jsonBody(newer)}, nil); err != nil {
		t.Fatal(err)
	}
	again, err := Open(context.Background(), options)
	if err == nil || again != nil || !strings.Contains(err.Error(), "of version 3, and this program knows versions up to 2: run a newer program") {
		t.Errorf("opening the indices of a newer program: %v", err)
	}
}

func TestANewerProgramAddsItsFieldsToOlderPartitions(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	s := open(t, options)
	older := s.options.template(s.names)
	older.Version = 0
	older.Template.Mappings.Meta = &mappingMeta{Version: 0}
	delete(older.Template.Mappings.Properties, fieldAttribute)
	ctx := context.Background()
	if err := s.client.do(ctx, esapi.IndicesPutIndexTemplateRequest{Name: s.names.records(), Body: jsonBody(older)}, nil); err != nil {
		t.Fatal(err)
	}
	old := event(t, "o", "old", testTime, `"api_name":"a","audit_attributes":[{"attribute_id":"x"}]`)
	statuses(t, s, old)
	next := open(t, options)
	fresh := event(t, "o", "new", testTime, `"api_name":"a","audit_attributes":[{"attribute_id":"x"}]`)
	statuses(t, next, fresh)
	expectHeld(t, next, old, fresh)
	if installed, err := next.installedTemplate(ctx); err != nil || installed.Version != layoutVersion {
		t.Errorf("the template is of version %v, %v", installed, err)
	}
	x := "x"
	var count struct {
		Count int `json:"count"`
	}
	query := strings.NewReader(`{"query":{"term":{"attribute":"` + attributeTerm(nil, &x, nil) + `"}}}`)
	if err := next.client.do(ctx, esapi.CountRequest{Index: []string{next.names.records()}, Body: query}, &count); err != nil || count.Count != 1 {
		t.Errorf("%d records are found by the new field, %v; want the new one", count.Count, err)
	}
	versions, err := next.partitionVersions(ctx)
	if err != nil || versions[next.partitionOf(testTime)] != 0 || versions[next.names.partition(overflow)] != mappingVersion {
		t.Errorf("the partitions are of the versions %v, %v", versions, err)
	}
}

// What this program acknowledges other processes see when the engine refreshes by itself.
func TestOlderPartitionsAreRefreshedAsOftenAsNewOnes(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	s := open(t, options)
	late := esapi.IndicesPutSettingsRequest{Index: []string{s.names.records()}, Body: strings.NewReader(`{"index.refresh_interval":"30s"}`)}
	if err := s.client.do(t.Context(), late, nil); err != nil {
		t.Fatal(err)
	}
	open(t, options)
	var settings any
	read := esapi.IndicesGetSettingsRequest{Index: []string{s.names.records()}, Name: []string{"index.refresh_interval"}}
	if err := s.client.do(t.Context(), read, &settings); err != nil || strings.Contains(fmt.Sprint(settings), "30s") {
		t.Errorf("after a newer program was started: %v, %v", settings, err)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	s := open(t, testOptions(t))
	if err := s.Ready(context.Background()); err != nil {
		t.Errorf("ready: %v", err)
	}
	missing := open(t, testOptions(t))
	unassignable := strings.NewReader(`{"settings":{"index.number_of_replicas":0,"index.routing.allocation.require._name":"nobody"}}`)
	err := missing.client.do(context.Background(), esapi.IndicesCreateRequest{Index: missing.names.partition("w2026.03.02"), Body: unassignable, WaitForActiveShards: "0"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := missing.Ready(context.Background()); audit.AsError(err).Code != audit.Unavailable {
		t.Errorf("with a shard that no node holds: %v", err)
	}
}
