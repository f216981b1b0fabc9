package detect_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/detect"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/store/sqlite"
)

func TestStoredFlowsGiveTheSameDetections(t *testing.T) {
	t.Parallel()
	var records []*audit.Record
	for _, info := range detect.Rules {
		records = append(records, eventsIn(t, "detections", strings.ToLower(string(info.Rule))+".ndjson")...)
	}
	records = append(records, eventsIn(t, "sample-events.ndjson")...)
	w := worldOf(records)
	want := w.detect(t, w.everything())
	if len(want) < len(detect.Rules) {
		t.Fatalf("only %d detections", len(want))
	}
	stored := detect.Detector{Flows: storedFlows(t, records), Records: storedEvents(t, records)}
	report, err := stored.Detect(t.Context(), w.everything())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(report.Detections, want) {
		for _, d := range report.Detections {
			t.Logf("stored: %s", d.Text)
		}
		for _, d := range want {
			t.Logf("in memory: %s", d.Text)
		}
		t.Error("they differ")
	}
}

func opened(t *testing.T, format audit.Format) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir(), Format: format})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func storedEvents(t *testing.T, records []*audit.Record) *sqlite.Store {
	t.Helper()
	store := opened(t, audit.Events())
	if _, err := store.Append(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	return store
}

func storedFlows(t *testing.T, records []*audit.Record) audit.Flows {
	t.Helper()
	store := opened(t, flow.Format())
	var changes []audit.Replacement
	for _, stitched := range flow.StitchAll(records, flow.Rules{Idle: idle}) {
		state, _ := flow.Revise(nil, stitched, afterAll, idle)
		changes = append(changes, audit.Replacement{Row: flow.NewRow(state)})
	}
	for batch := range slices.Chunk(changes, audit.MaxPageSize) {
		if err := store.Replace(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	return flow.NewView(store, func() time.Time { return afterAll }, idle, flow.Options{})
}
