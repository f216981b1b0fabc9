package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAServerThatTrustsDocumentsRunsNoOthers(t *testing.T) {
	t.Parallel()
	url, _, _ := startServer(t, t.TempDir(), "127.0.0.1:0", "--trusted-documents", "queries")
	if got := answer(t, url, `{"documentId":"search_records","variables":{"first":1}}`); !strings.Contains(got, `"data"`) {
		t.Errorf("by the name of its file: %s", got)
	}
	if got := authtrail(t, "search", "--server", url); got.code != exitNothing {
		t.Errorf("our own command, whose document is registered: %d %s", got.code, got.err)
	}
	if got := answer(t, url, `{"query":"{ __typename }"}`); !strings.Contains(got, `"FORBIDDEN"`) {
		t.Errorf("another document: %s", got)
	}
	if status, _ := get(t, url+"/graphiql/"); status != http.StatusNotFound {
		t.Errorf("the playground, which nobody asked for: %d", status)
	}
	asked, _, _ := startServer(t, t.TempDir(), "127.0.0.1:0", "--trusted-documents", "queries", "--graphiql")
	if status, _ := get(t, asked+"/graphiql/"); status != http.StatusOK {
		t.Errorf("the playground, which was asked for: %d", status)
	}
}

func TestAServerDoesNotStartOnDocumentsThatItCouldNotRun(t *testing.T) {
	t.Parallel()
	manifest := filepath.Join(t.TempDir(), "manifest.json")
	if err := os.WriteFile(manifest, []byte(`{"page":"{ loginFlows { colour } }"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	got := authtrail(t, "serve", "--listen", "127.0.0.1:0", "--data", data, "--trusted-documents", manifest)
	if got.code != exitFailed || !strings.Contains(got.err, `--trusted-documents: document "page": line 1, column 16`) || !strings.Contains(got.err, "colour") {
		t.Errorf("code %d: %s", got.code, got.err)
	}
}
