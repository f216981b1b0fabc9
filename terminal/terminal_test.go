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
	columns := []terminal.Column{{Title: "TIME", Min: 8}, {Title: "USER", Min: 6}, {Title: "ID", ID: true}}
	rows := [][]terminal.Cell{texts("12:00:00", strings.Repeat("u", 60), "req-1234567890"), texts("12:00:01", "ann", "req-2")}
	want := "TIME      USER            ID\n" +
		"12:00:00  uuuuuuuuuuuuu…  req-1234567890\n" +
		"12:00:01  ann             req-2\n"
	if got := drawnTable(t, terminal.Screen{Width: 40}, columns, rows); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestIDsAreShortenedLastAndInTheMiddle(t *testing.T) {
	t.Parallel()
	columns := []terminal.Column{{Title: "TIME", Optional: 1}, {Title: "USER", Min: 6}, {Title: "ID", Min: 9, ID: true}}
	rows := [][]terminal.Cell{texts("12:00:00", "somebody", "0f8fad5b-d9cb-469f")}
	for _, test := range []struct {
		screen terminal.Screen
		want   string
	}{
		{terminal.Screen{Width: 38}, "TIME      USER      ID\n12:00:00  somebody  0f8fad5b-d9cb-469f\n"},
		{terminal.Screen{Width: 28}, "USER      ID\nsomebody  0f8fad5b-d9cb-469f\n"},
		{terminal.Screen{Width: 20}, "USER    ID\nsomeb…  0f8fad…-469f\n"},
		{terminal.Screen{Width: 20, Whole: true}, "TIME      USER      ID\n12:00:00  somebody  0f8fad5b-d9cb-469f\n"},
	} {
		if got := drawnTable(t, test.screen, columns, rows); got != test.want {
			t.Errorf("%+v: got\n%swant\n%s", test.screen, got, test.want)
		}
	}
}

// texts are cells without style.
func texts(all ...string) []terminal.Cell {
	cells := make([]terminal.Cell, len(all))
	for i, text := range all {
		cells[i].Text = text
	}
	return cells
}

func drawnTable(t *testing.T, screen terminal.Screen, columns []terminal.Column, rows [][]terminal.Cell) string {
	t.Helper()
	var b strings.Builder
	if err := terminal.Table(&b, screen, columns, rows); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhatIsNoWindowIsAPageWithoutColour(t *testing.T) {
	t.Parallel()
	if got := terminal.ScreenOf(&strings.Builder{}); got != (terminal.Screen{Width: 100, Whole: true}) {
		t.Errorf("got %+v", got)
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

func TestDurationsAreShortAndAgreeWithTheAPIInWholeMilliseconds(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                          "0.000s",
		4777698 * time.Microsecond: "4.777s", // what durationMs says of it: 4777
		125 * time.Second:          "2m05s",
		192 * time.Minute:          "3h12m",
		103 * time.Hour:            "4d07h",
	} {
		if got := terminal.Duration(d); got != want {
			t.Errorf("%d: got %s, want %s", d, got, want)
		}
	}
}

func TestTextIsWrappedBetweenWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{
		{"who was  kept out", 9, "who was|kept out"},
		{"資産管理 was", 6, "資産管|理 was"},
		{"a-very-long-id follows", 6, "a-very|-long-|id|follow|s"},
		{"", 6, ""},
	} {
		if got := strings.Join(terminal.Wrap(test.text, test.width), "|"); got != test.want {
			t.Errorf("%q in %d: got %q, want %q", test.text, test.width, got, test.want)
		}
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
	rows := [][]terminal.Cell{texts("資産管理", "1"), texts("Zoe\u0308", "2"), texts("資産管理資産管理", "3")}
	want := "APP        N\n資産管理   1\nZoe\u0308        2\n資産管理…  3\n"
	if got := drawnTable(t, terminal.Screen{Width: 12}, []terminal.Column{{Title: "APP"}, {Title: "N", ID: true}}, rows); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestOddTimesBreakNoWaterfall(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]terminal.Step{
		"a gap that was rounded up": {{Name: "a"}, {Name: "b", Offset: 600 * time.Microsecond, Gap: time.Millisecond}},
		"all at once":               {{Name: "a"}, {Name: "b"}},
		"a single step":             {{Name: "a"}},
		"centuries":                 {{Name: "a"}, {Name: "b", Offset: 1<<63 - 1, Gap: 1<<63 - 1}},
	} {
		for _, width := range []int{1, 20, 300} {
			var b strings.Builder
			err := terminal.Waterfall(&b, terminal.Screen{Width: width}, steps)
			if err != nil || strings.Count(b.String(), "\n") != len(steps)+1 {
				t.Errorf("%s: %v\n%s", name, err, b.String())
			}
		}
	}
}
