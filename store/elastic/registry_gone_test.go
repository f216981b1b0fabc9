package elastic

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

func TestARegistryThatWasDeletedIsMadeAgain(t *testing.T) {
	t.Parallel()
	s := open(t, testOptions(t))
	entry := audit.Entry{EntryKey: audit.EntryKey{Kind: "destination", Org: "o", ID: "1"}, Body: []byte("{}")}
	if _, err := s.Put(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	if err := s.client.do(t.Context(), esapi.IndicesDeleteRequest{Index: []string{s.names.registryIndex()}}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), entry); audit.AsError(err).Code != audit.Unavailable {
		t.Errorf("put into a registry that is gone: %v", err)
	}
	if _, err := s.Put(t.Context(), entry); err != nil {
		t.Errorf("put once more: %v", err)
	}
	all, err := s.List(t.Context(), audit.EntryQuery{Scope: audit.AllOrgs(), Kind: "destination", Limit: 10})
	if err != nil || len(all) != 1 {
		t.Errorf("the list has %v, %v", all, err)
	}
}

// An answer that is lost says nothing of what was done.
func TestAChangeOfAVersionIsSentOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		request esapi.Request
		times   int32
	}{
		"a search":         {esapi.SearchRequest{}, 3},
		"a new entry":      {esapi.IndexRequest{Index: "i", DocumentID: "1", OpType: "create"}, 1},
		"another version":  {esapi.IndexRequest{Index: "i", DocumentID: "1", IfSeqNo: new(1), IfPrimaryTerm: new(1)}, 1},
		"a deleted entry":  {esapi.DeleteRequest{Index: "i", DocumentID: "1", IfSeqNo: new(1), IfPrimaryTerm: new(1)}, 1},
		"records in bulks": {esapi.BulkRequest{}, 3},
	} {
		var sent atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			sent.Add(1)
			panic(http.ErrAbortHandler)
		}))
		t.Cleanup(server.Close)
		es := clientWith(t, Options{URLs: []string{server.URL, server.URL}})
		if err := es.do(t.Context(), c.request, nil); audit.AsError(err).Code != audit.Unavailable || sent.Load() != c.times {
			t.Errorf("%s was sent %d times, %v; want %d", name, sent.Load(), err, c.times)
		}
	}
}
