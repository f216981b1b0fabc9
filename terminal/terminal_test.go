package terminal_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/authtrail/authtrail/terminal"
)

func TestATableNarrowsItsWidestColumnsUntilItFits(t *testing.T) {
	t.Parallel()
	columns := []terminal.Column{{Title: "TIME", Min: 8}, {Title: "USER", Min: 6}, {Title: "ID", Whole: true}}
	rows := [][]string{{"12:00:00", strings.Repeat("u", 60), "req-1234567890"}, {"12:00:01", "ann", "req-2"}}
	var b strings.Builder
	if err := terminal.Table(&b, 40, columns, rows); err != nil {
		t.Fatal(err)
	}
	want := "TIME      USER            ID\n" +
		"12:00:00  uuuuuuuuuuuuu…  req-1234567890\n" +
		"12:00:01  ann             req-2\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestATableWithoutAWindowIsNotCut(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	long := strings.Repeat("u", 300)
	if err := terminal.Table(&b, terminal.Width(&b), []terminal.Column{{Title: "USER"}}, [][]string{{long}}); err != nil {
		t.Fatal(err)
	}
	if b.String() != "USER\n"+long+"\n" {
		t.Errorf("got %q", b.String())
	}
}

func TestCleanTakesAwayWhatCouldMoveTheCursorOrTurnTheText(t *testing.T) {
	t.Parallel()
	if got, want := terminal.Clean("a\x1b[31mb\nc\u202ed"), "a·[31mb·c·d"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCutCountsRunesAndShowsThatItCut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{{"größer", 6, "größer"}, {"größer", 4, "grö…"}, {"größer", 1, "…"}, {"größer", 0, ""}} {
		if got := terminal.Cut(test.text, test.width); got != test.want || utf8.RuneCountInString(got) > test.width {
			t.Errorf("Cut(%q, %d) = %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

func TestAWaterfallDrawsEachStepFromTheOneBefore(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	steps := []terminal.Step{
		{Name: "Request", Result: "InProgress"},
		{Name: "Policy", Result: "Denied", Offset: time.Second, Gap: time.Second},
		{Name: "Token", Result: "", Offset: 2 * time.Second, Gap: time.Second},
	}
	if err := terminal.Waterfall(&b, 44, steps); err != nil {
		t.Fatal(err)
	}
	want := "   +0.000s  Request  InProgress  ●\n" +
		"   +1.000s  Policy   Denied      ─────●\n" +
		"   +2.000s  Token                     ─────●\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestSecondsAgreeWithDurationsInWholeMilliseconds(t *testing.T) {
	t.Parallel()
	if got := terminal.Seconds(4777698 * time.Microsecond); got != "4.777s" { // what durationMs says of it: 4777
		t.Errorf("got %s", got)
	}
}

func TestProgressElsewhereThanOnATerminalIsQuietForShortWork(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	p := terminal.NewProgress(&b, "events.ndjson", 100)
	p.Update(50, 5)
	p.Clear()
	if b.String() != "" {
		t.Errorf("printed %q", b.String())
	}
}

func TestColumnsLineUpWhateverTheScript(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	rows := [][]string{{"資産管理", "1"}, {"Zoe\u0308", "2"}, {"資産管理資産管理", "3"}}
	if err := terminal.Table(&b, 12, []terminal.Column{{Title: "APP"}, {Title: "N", Whole: true}}, rows); err != nil {
		t.Fatal(err)
	}
	want := "APP        N\n資産管理   1\nZoe\u0308        2\n資産管理…  3\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestAGapThatWasRoundedUpBreaksNoWaterfall(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	steps := []terminal.Step{{Name: "a"}, {Name: "b", Offset: 600 * time.Microsecond, Gap: time.Millisecond}}
	if err := terminal.Waterfall(&b, 80, steps); err != nil || strings.Count(b.String(), "\n") != 2 {
		t.Errorf("%v\n%s", err, b.String())
	}
}
