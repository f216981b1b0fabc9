package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestRebuildingFlowsMendsWhatIsStored(t *testing.T) {
	t.Parallel()
	data := importedSample(t)
	_, records := sampleLines(t)
	config := defaultConfig()
	config.Data = data
	removeFlows(t, config)
	if got, want := mustRun(t, "rebuild-flows", "--data", data), "3142 records followed; 100 login flows stored, 0 removed, all others are as they were\n"; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	requireFlows(t, config, records)
	if got := mustRun(t, "rebuild-flows", "--data", data); !strings.Contains(got, "; 0 login flows stored, 0 removed") {
		t.Errorf("the second time it says %q", got)
	}
}

// removeFlows removes a hundred flows.
func removeFlows(t *testing.T, config Config) {
	t.Helper()
	store, err := openFlowStore(t.Context(), config, config.logger(streams{err: &lockedBuffer{}}))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	page, err := store.Search(t.Context(), audit.Query{Scope: audit.AllOrgs(), Kinds: []audit.Kind{audit.KindFlow}, Window: audit.Window{Limit: 100}})
	if err != nil {
		t.Fatal(err)
	}
	var changes []audit.Replacement
	for _, row := range page.Records() {
		changes = append(changes, audit.Replacement{Row: row, Was: row.Version, Remove: true})
	}
	if err := store.Replace(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
}

func TestRebuildingNeedsTheDataFolderForItself(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	serverIn(t, data)
	if got := authtrail(t, "rebuild-flows", "--data", data); got.code != exitFailed || !strings.Contains(got.err, "in use") || !strings.Contains(got.err, "stop the server") {
		t.Errorf("code %d: %s", got.code, got.err)
	}
	missing := filepath.Join(data, "missing")
	if got := authtrail(t, "rebuild-flows", "--data", missing); got.code != exitFailed || !strings.Contains(got.err, "is no data folder") {
		t.Errorf("code %d: %s", got.code, got.err)
	}
	if _, err := os.Stat(missing); !os.IsNotExist(err) {
		t.Errorf("the folder was made: %v", err)
	}
}

func TestTheDemoHasItsFlowsWhenItIsReady(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	var out, errs lockedBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"demo", "--listen", "127.0.0.1:0", "--every", "1h"}, noEnv, streams{strings.NewReader(""), &out, &errs})
	}()
	defer func() {
		stop()
		if code := <-ended; code != exitOK {
			t.Errorf("it ended with %d: %s", code, errs.String())
		}
	}()
	eventually(t, "the demo listens", func() bool { return strings.Contains(errs.String(), "listening on ") })
	_, url, _ := strings.Cut(errs.String(), "listening on ")
	url, _, _ = strings.Cut(url, ",")
	var data struct {
		LoginFlows struct{ TotalCount int }
	}
	ask(t, url, `{ loginFlows { totalCount } }`, &data)
	_, metrics := get(t, url+"/metrics")
	if data.LoginFlows.TotalCount != 300 {
		t.Errorf("there are %d flows", data.LoginFlows.TotalCount)
	}
	for _, line := range []string{"authtrail_flow_builder_working 1", "authtrail_flow_builder_behind_seconds 0", "authtrail_flow_builder_records_skipped_total 0",
		`authtrail_store_calls_total{method="flows_replace",result="ok"} `} {
		if !strings.Contains(metrics, "\n"+line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
}
