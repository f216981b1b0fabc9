package terminal_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/terminal"
)

var update = flag.Bool("update", false, "write what is drawn to testdata")

// golden compares a drawing with one that a person has looked at.
func golden(t *testing.T, name, drawn string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(drawn), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if drawn != string(want) {
		t.Errorf("drawn\n%s\nwant\n%s", drawn, want)
	}
}

// screens are the ones that the drawings are made for.
var screens = map[string]terminal.Screen{
	"narrow": {Width: 60},
	"wide":   {Width: 120, Colour: true},
	"page":   {Width: terminal.Page, Whole: true},
}

// steps are those of a sign-in whose MFA challenge was answered late.
func steps() []terminal.Step {
	var all []terminal.Step
	add := func(name, result string, gap time.Duration, mark terminal.Mark) {
		offset := gap
		if len(all) > 0 {
			offset += all[len(all)-1].Offset
		}
		all = append(all, terminal.Step{Name: name, Result: result, Style: terminal.ResultStyle(result), Offset: offset, Gap: gap, Mark: mark})
	}
	add("Authentication Request", "InProgress", 0, terminal.Sure)
	add("Identity Provider Authentication", "Authenticate", 412*time.Millisecond, terminal.Sure)
	add("Identity Provider Callback", "Success", 6210*time.Millisecond, terminal.Sure)
	add("Policy Evaluation", "DoMfa", 290*time.Millisecond, terminal.Tied)
	add("MFA Challenge", "Create", 480*time.Millisecond, terminal.Sure)
	add("MFA Challenge", "Timeout", 30*time.Second, terminal.Loose)
	add("資産管理 \x1b[31m確認", "Denied", 1100*time.Millisecond, terminal.Sure)
	return all
}

func TestAWaterfallFitsItsScreen(t *testing.T) {
	t.Parallel()
	for name, screen := range screens {
		var b strings.Builder
		if err := terminal.Waterfall(&b, screen, steps()); err != nil {
			t.Fatal(err)
		}
		golden(t, "waterfall_"+name, b.String())
		fits(t, screen, b.String())
	}
}

func TestATableFitsItsScreen(t *testing.T) {
	t.Parallel()
	columns := []terminal.Column{
		{Title: "STARTED", Min: 14}, {Title: "TOOK", Min: 7, Right: true, Optional: 1}, {Title: "OUTCOME", Min: 13}, {Title: "USER", Enough: 12, Min: 8},
		{Title: "APPLICATION", Enough: 10, Optional: 2}, {Title: "LAST STAGE", Enough: 14, Optional: 3}, {Title: "ID", Min: 9, ID: true},
	}
	row := func(took time.Duration, outcome, user, app, last, id string) []terminal.Cell {
		word, style := terminal.Outcome(outcome)
		return []terminal.Cell{{Text: "11-22 19:15:27"}, {Text: terminal.Duration(took)}, {Text: word, Style: style}, {Text: user}, {Text: app}, {Text: last}, {Text: id}}
	}
	rows := [][]terminal.Cell{
		row(1515*time.Millisecond, "IN_PROGRESS", "", "Expense Reports", "Identity Provider Authentication", "req-f5314e95b20c3f29"),
		row(125*time.Second, "TIMED_OUT", "ivan@org1.example", "Payroll", "MFA Challenge", "req-8364a5c632ebc5c8"),
		row(11859*time.Millisecond, "DENIED", "佐藤花子@組織.example", "資産管理", "Policy Evaluation", "0f8fad5b-d9cb-469f-a165-70867728950e"),
		row(9*time.Second, "SUCCEEDED", strings.Repeat("long", 20), "Wiki", "Token", "req-1"),
	}
	for name, screen := range screens {
		var b strings.Builder
		if err := terminal.Table(&b, screen, columns, rows); err != nil {
			t.Fatal(err)
		}
		golden(t, "table_"+name, b.String())
		if !screen.Whole { // what a program reads is as wide as it is
			fits(t, screen, b.String())
		}
	}
}

// fits requires that no line is wider than the screen.
func fits(t *testing.T, screen terminal.Screen, drawn string) {
	t.Helper()
	plain := strings.NewReplacer("\x1b[0m", "", "\x1b[1m", "", "\x1b[2m", "", "\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[36m", "").Replace(drawn)
	if strings.Contains(plain, "\x1b") || screen.Colour == (plain == drawn) {
		t.Errorf("colours: %t, drawn %q", screen.Colour, drawn)
	}
	for line := range strings.Lines(plain) {
		line = strings.TrimSuffix(line, "\n")
		if terminal.Cut(line, screen.Width) != line {
			t.Errorf("wider than %d: %q", screen.Width, line)
		}
	}
}
