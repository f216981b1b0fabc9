package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

func TestTheIntruderOfTheDemoIsDetectedAndTheTokenLeadsToWhatWasDone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "intruder.ndjson")
	var lines []byte
	for _, raw := range intruder(time.Now()) {
		if _, err := audit.DecodeEvent(raw, ""); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		lines = append(append(lines, raw...), '\n')
	}
	if err := os.WriteFile(file, lines, 0o600); err != nil {
		t.Fatal(err)
	}
	url, _ := serverIn(t, t.TempDir())
	mustRun(t, "import", "--server", url, file)
	var data struct {
		Detections struct {
			Nodes []struct {
				Rule, Severity string
				Flows          []struct{ Outcome string }
			}
		}
		Correlate struct {
			Nodes []struct{ Record *struct{ Action string } }
		}
	}
	ask(t, url, `{
		detections { nodes { rule severity flows { outcome } } }
		correlate(by: {tokenId: "`+intruderToken+`"}) { nodes { record { ... on Audit { action } } } }
	}`, &data)
	found := data.Detections.Nodes
	if len(found) != 1 || found[0].Rule != "PASSWORD_GUESSING" || found[0].Severity != "HIGH" || len(found[0].Flows) != intruderAttempts ||
		found[0].Flows[intruderAttempts-1].Outcome != "SUCCEEDED" {
		t.Errorf("detected %+v", found)
	}
	actions := 0
	for _, node := range data.Correlate.Nodes {
		if node.Record != nil && node.Record.Action != "" {
			actions++
		}
	}
	if actions != 3 {
		t.Errorf("the token leads to %d actions", actions)
	}
}
