package detect_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit/detect"
)

var update = flag.Bool("update", false, "write what is found in the samples to testdata")

// shown is a detection, without ids that hashes make unreadable.
type shown struct {
	Rule     detect.Rule
	Severity detect.Severity
	Org      string
	User     string
	Network  string
	Text     string
	Counts   []detect.Count
	Requests []string
	Records  []string
}

func show(d *detect.Detection) shown {
	s := shown{Rule: d.Rule, Severity: d.Severity, Org: d.Org, User: d.UpstreamUserID, Text: d.Text, Counts: d.Counts}
	if d.Network.IsValid() {
		s.Network = d.Network.String()
	}
	for _, f := range d.Flows {
		s.Requests = append(s.Requests, f.RequestID)
	}
	for _, r := range d.Records {
		s.Records = append(s.Records, r.UniqueID)
	}
	return s
}

func TestEachRuleFiresOnItsSampleAndNoOtherDoes(t *testing.T) {
	t.Parallel()
	for _, info := range detect.Rules {
		name := strings.ToLower(string(info.Rule))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := worldOf(eventsIn(t, "detections", name+".ndjson"))
			found := w.detect(t, w.everything())
			if len(found) != 1 || found[0].Rule != info.Rule {
				for _, d := range found {
					t.Errorf("found %s: %s", d.Rule, d.Text)
				}
				t.Fatalf("found %d detections, want one of %s", len(found), info.Rule)
			}
			d := found[0]
			if len(d.Flows) != d.FlowCount || d.Last.Before(d.First) || d.ID == "" {
				t.Errorf("%d flows of %d, from %s to %s, id %q", len(d.Flows), d.FlowCount, d.First, d.Last, d.ID)
			}
			golden(t, name, show(d))
		})
	}
}

// golden compares with what was found before, and a person has read.
func golden(t *testing.T, name string, got shown) {
	t.Helper()
	text, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(text)+"\n" {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestNothingIsFoundInOrdinaryLogins(t *testing.T) {
	t.Parallel()
	w := worldOf(eventsIn(t, "sample-events.ndjson"))
	for _, d := range w.detect(t, w.everything()) {
		t.Errorf("found %s: %s", d.Rule, d.Text)
	}
}
