package elastic

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

// What the engine refuses because of an index would meet every record: none is set aside for it.
func TestARefusalOfTheWholeIndexSetsNoRecordAside(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(s *Store, index string) esapi.Request{
		"read only":      blocking("read_only"),
		"a full disk":    blocking("read_only_allow_delete"),
		"no writes":      blocking("write"),
		"a closed index": func(_ *Store, index string) esapi.Request { return esapi.IndicesCloseRequest{Index: []string{index}} },
		"an alias of two": func(s *Store, _ string) esapi.Request {
			return esapi.IndicesPutAliasRequest{Index: []string{s.names.partition(overflow)}, Name: s.names.writers(s.stretchAt(testTime))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, testOptions(t))
			statuses(t, s, event(t, "o", "first", testTime, ""))
			if err := s.client.do(t.Context(), spoil(s, s.partitionOf(testTime)), nil); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { // so that it can be deleted
				mend := esapi.IndicesPutSettingsRequest{Index: []string{s.partitionOf(testTime)}, Body: strings.NewReader(`{"index.blocks.read_only":null}`)}
				if err := s.client.do(context.Background(), mend, nil); err != nil {
					t.Error(err)
				}
			})
			record := event(t, "o", "second", testTime, "")
			some := bulk{format: s.format}
			some.add(0, action{verb: create, index: s.names.writers(s.stretchAt(testTime)), id: idOf("o", "second")}, record, origin{})
			busy, err := s.sendOnce(t.Context(), &some, func(_ bulkItem, outcome audit.Outcome) { t.Errorf("the record is %+v", outcome) })
			if len(busy) != 1 || audit.AsError(err).Code != audit.Unavailable {
				t.Errorf("%d records are to be sent again, %v", len(busy), err)
			}
		})
	}
}

func blocking(block string) func(*Store, string) esapi.Request {
	return func(_ *Store, index string) esapi.Request {
		return esapi.IndicesPutSettingsRequest{Index: []string{index}, Body: strings.NewReader(`{"index.blocks.` + block + `":true}`)}
	}
}

// These a shared server cannot be brought to: a full cluster, a block of all of it, too few privileges, a full shard.
func TestWhatConcernsTheClusterSetsNoRecordAside(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"a full cluster": {200, `{"items":[{"create":{"status":400,"error":{"type":"validation_exception","reason":"Validation Failed: 1: this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum normal shards open;"}}}]}`},
		"a full shard":   {200, `{"items":[{"create":{"status":400,"error":{"type":"illegal_argument_exception","reason":"number of documents in the index cannot exceed 2147483519"}}}]}`},
		"no privilege":   {200, `{"items":[{"create":{"status":403,"error":{"type":"security_exception","reason":"action [indices:data/write/bulk[s]] is unauthorized"}}}]}`},
		"all read only":  {403, `{"error":{"type":"cluster_block_exception","reason":"blocked by: [FORBIDDEN/6/cluster read-only (api)];"},"status":403}`},
		"no such action": {400, `{"error":{"type":"illegal_argument_exception","reason":"something"},"status":400}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &Store{client: answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})}
			some := bulk{format: newFormat(audit.Format{})}
			some.add(0, action{verb: create, index: "i", id: "1"}, event(t, "o", "u", testTime, ""), origin{})
			_, err := s.sendOnce(t.Context(), &some, func(_ bulkItem, outcome audit.Outcome) { t.Errorf("the record is %+v", outcome) })
			if audit.AsError(err).Code != audit.Unavailable {
				t.Errorf("%v", err)
			}
		})
	}
}
