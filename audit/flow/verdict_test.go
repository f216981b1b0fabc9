package flow_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
)

var update = flag.Bool("update", false, "write the verdicts that are given now into testdata/verdicts")

// Each file holds steps, a line "---", and what is said of them. The attempt is
// looked at a day later, or at the time that a first line "now 2m" gives.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/verdicts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no verdicts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			golden, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, _, _ := strings.Cut(string(golden), "---\n")
			got := input + "---\n" + told(t, input)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(golden) {
				t.Errorf("got\n%s\nwant\n%s", got, golden)
			}
		})
	}
}

func told(t *testing.T, input string) string {
	now := began.Add(24 * time.Hour)
	if rest, ok := strings.CutPrefix(input, "now "); ok {
		at, steps, _ := strings.Cut(rest, "\n")
		after, err := time.ParseDuration(at)
		if err != nil {
			t.Fatal(err)
		}
		now, input = began.Add(after), steps
	}
	f := flow.Build("org-1", "req-1", steps(t, input), now, idle)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", f.Outcome, f.Shape, f.Verdict.Text)
	for _, clause := range f.Verdict.Clauses {
		fmt.Fprintf(&b, "  %s: %s\n", strings.Join(ids(clause.Records), " "), clause.Text)
	}
	return b.String()
}

func TestEveryClauseCitesRecordsOfItsFlowAndStandsInTheText(t *testing.T) {
	t.Parallel()
	for _, attempt := range sampleAttempts(t) {
		f := attempt.build()
		own := map[*audit.Record]bool{}
		for _, r := range f.Records {
			own[r] = true
		}
		rest := f.Verdict.Text
		for _, clause := range f.Verdict.Clauses {
			_, after, found := strings.Cut(rest, clause.Text)
			if !found || len(clause.Records) == 0 {
				t.Fatalf("%s: %q cites %d records, text %q", f.RequestID, clause.Text, len(clause.Records), f.Verdict.Text)
			}
			for _, r := range clause.Records {
				if !own[r] {
					t.Fatalf("%s: %q cites %s of another flow", f.RequestID, clause.Text, r.UniqueID)
				}
			}
			rest = after
		}
		if rest != "." {
			t.Fatalf("%s: %q ends in %q", f.RequestID, f.Verdict.Text, rest)
		}
	}
}
