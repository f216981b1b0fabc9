package flow_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
)

var update = flag.Bool("update", false, "write the verdicts that are given now into testdata/verdicts")

// Each file holds steps, a line "---", and what is said of them: of each flow that
// they are stitched to. They are looked at a day later, or at the time that a first
// line "now 2m" gives. A step "0s x1300 2s | …" happens 1,300 times, every 2 s; and
// in a step "" is an empty value.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for name, input := range verdictFiles(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("testdata/verdicts", name+".txt")
			golden, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			records, now := verdictRecords(t, input)
			got := input + "---\n" + told(flowsOf(records, now))
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

func TestTheOrderOfRecordsDoesNotMatterToVerdicts(t *testing.T) {
	t.Parallel()
	for name, input := range verdictFiles(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records, now := verdictRecords(t, input)
			want := told(flowsOf(records, now))
			random := rand.New(rand.NewPCG(5, 6))
			mixed := append(slices.Clone(records), records[:len(records)/2]...)
			for range 10 {
				random.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
				if got := told(flowsOf(mixed, now)); got != want {
					t.Fatalf("in another order\n%s\nwant\n%s", got, want)
				}
			}
		})
	}
}

func TestEveryClauseCitesRecordsOfItsFlowAndStandsInTheText(t *testing.T) {
	t.Parallel()
	records, err := sampleRecords()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range flowsOf(records, afterSample) {
		checkVerdict(t, f)
	}
	for _, input := range verdictFiles(t) {
		for _, f := range flowsOf(verdictRecords(t, input)) {
			checkVerdict(t, f)
		}
	}
	for seed := range uint64(500) {
		records := anySteps(t, rand.New(rand.NewPCG(seed, 7)))
		for _, now := range []time.Time{began.Add(20 * time.Second), afterSample} {
			for _, f := range flowsOf(records, now) {
				checkVerdict(t, f)
			}
		}
	}
}

// checkVerdict checks that the verdict is one or two sentences made of its clauses,
// and that each cites records of the flow, in time order and each once.
func checkVerdict(t *testing.T, f *audit.Flow) {
	t.Helper()
	place := map[*audit.Record]int{}
	for i, r := range f.Records {
		place[r] = i
	}
	rest := f.Verdict.Text
	for _, clause := range f.Verdict.Clauses {
		joint, after, found := strings.Cut(rest, clause.Text)
		if !found || !slices.Contains([]string{"", " ", ", ", "; ", ": ", " and ", ". "}, joint) || len(clause.Records) == 0 {
			t.Fatalf("%s: %q cites %d records, text %q", f.ID, clause.Text, len(clause.Records), f.Verdict.Text)
		}
		last := -1
		for _, r := range clause.Records {
			at, own := place[r]
			if !own || at <= last {
				t.Fatalf("%s: %q cites %s out of order, or of another flow", f.ID, clause.Text, r.UniqueID)
			}
			last = at
		}
		rest = after
	}
	if rest != "." || strings.Contains(f.Verdict.Text, "  ") {
		t.Fatalf("%s: %q ends in %q", f.ID, f.Verdict.Text, rest)
	}
}

// anySteps are steps in any order, with any results, users and ids.
func anySteps(t *testing.T, random *rand.Rand) []*audit.Record {
	any := func(values ...string) string { return values[random.IntN(len(values))] }
	var text strings.Builder
	for range 1 + random.IntN(9) {
		fmt.Fprintf(&text, "%ds | %s | %s", random.IntN(40),
			any("Authentication Request", "Identity Provider Authentication", "Identity Provider Callback", "Assertion Request",
				"Policy Evaluation", "MFA Challenge", "Token", "Device Check", ""),
			any("Success", "Create", "CodeIssued", "DoMfa", "InProgress", "Denied", "Failure", "Timeout", "SessionExpired", "Odd", ""))
		for _, member := range []string{any("user_id=u1", "user_id=u2", "stage=Login"), any("upstream_user_id=ann", "upstream_user_id=bob", "event=Success"),
			any("request_id=", "request_id=req-1", "request_id=req-2"), any("trace_id=t1", "trace_id=t2", "trace_id="),
			any("session=s1", "session="), any("token_id=k1", "token_id="), any("application_name=Wiki", "upstream_idp=okta")} {
			if random.IntN(3) > 0 {
				text.WriteString(" | " + member)
			}
		}
		text.WriteString("\n")
	}
	return steps(t, text.String())
}

func flowsOf(records []*audit.Record, now time.Time) []*audit.Flow {
	var flows []*audit.Flow
	for _, s := range flow.StitchAll(records, flow.Rules{Idle: idle}) {
		flows = append(flows, s.Flow(now, idle))
	}
	return flows
}

func told(flows []*audit.Flow) string {
	var all []string
	for _, f := range flows {
		var b strings.Builder
		fmt.Fprintf(&b, "%s\n%s\n%s\n", f.Outcome, f.Shape, f.Verdict.Text)
		for _, clause := range f.Verdict.Clauses {
			fmt.Fprintf(&b, "  %s: %s\n", cited(clause.Records), clause.Text)
		}
		all = append(all, b.String())
	}
	return strings.Join(all, "\n")
}

func cited(records []*audit.Record) string {
	if n := len(records); n > 10 {
		return fmt.Sprintf("%s … %s (%d)", records[0].UniqueID, records[n-1].UniqueID, n)
	}
	return strings.Join(ids(records), " ")
}

// verdictFiles returns the steps of each file, by its name.
func verdictFiles(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/verdicts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no verdicts", err)
	}
	inputs := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		input, _, _ := strings.Cut(string(text), "---\n")
		inputs[strings.TrimSuffix(filepath.Base(file), ".txt")] = input
	}
	return inputs
}

// verdictRecords decodes the steps of a file, and says when they are looked at.
func verdictRecords(t *testing.T, input string) (records []*audit.Record, now time.Time) {
	t.Helper()
	now = began.Add(24 * time.Hour)
	if rest, ok := strings.CutPrefix(input, "now "); ok {
		at, steps, _ := strings.Cut(rest, "\n")
		now, input = began.Add(parsed(t, at)), steps
	}
	records = steps(t, repeated(t, strings.ReplaceAll(input, `""`, "EMPTY")))
	for i, r := range records {
		if !strings.Contains(r.Raw, "EMPTY") {
			continue
		}
		var err error
		if records[i], err = audit.DecodeEvent([]byte(strings.ReplaceAll(r.Raw, "EMPTY", "")), ""); err != nil {
			t.Fatal(err)
		}
	}
	return records, now
}

var manyTimes = regexp.MustCompile(`(?m)^(\S+) x(\d+) (\S+) (.*)$`)

func repeated(t *testing.T, input string) string {
	return manyTimes.ReplaceAllStringFunc(input, func(line string) string {
		part := manyTimes.FindStringSubmatch(line)
		n, err := strconv.Atoi(part[2])
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for i := range n {
			lines = append(lines, (parsed(t, part[1])+time.Duration(i)*parsed(t, part[3])).String()+" "+part[4])
		}
		return strings.Join(lines, "\n")
	})
}

func parsed(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
