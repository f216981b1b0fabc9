package terminal

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Step is one line of a waterfall.
type Step struct {
	Name, Result string
	Style        Style         // of the result
	Offset       time.Duration // since the beginning
	Gap          time.Duration // since the step before
	Mark         Mark
}

// Mark is what a step ends with: how sure it is that it belongs to the rest.
type Mark rune

// The marks. The zero Mark is Sure.
const (
	Sure  Mark = '●'
	Tied  Mark = '◐'
	Loose Mark = '○'
)

// What a waterfall's columns are narrowed to at least, before others are left out.
const (
	leastName = 12
	leastBar  = 16
	widestBar = 100 // longer bars say nothing more
)

// Waterfall draws steps below each other, each with a bar that spans from the
// step before to itself, on an axis of time that fits the screen.
func Waterfall(w io.Writer, s Screen, steps []Step) error {
	if len(steps) == 0 {
		return nil
	}
	f := waterfall{screen: s, total: max(steps[len(steps)-1].Offset, time.Millisecond)}
	f.fit(steps)
	lines := []string{f.line(s.Paint(Strong, pad("STAGE", f.names)), s.Paint(Strong, pad("RESULT", f.results)), "AT", s.Paint(Quiet, f.axis()), "GAP")}
	for i, step := range steps {
		gap := ""
		if i > 0 {
			gap = "+" + Duration(step.Gap)
		}
		lines = append(lines, f.line(pad(Clean(step.Name), f.names), s.Paint(step.Style, pad(Clean(step.Result), f.results)),
			Duration(step.Offset), f.bar(step), gap))
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

type waterfall struct {
	screen         Screen
	total          time.Duration
	names, results int // the widths of the columns; 0 for one that is left out
	at, room, gap  int
}

// fit finds out how wide the columns are: long names are cut first, then what the
// axis tells as well is left out.
func (f *waterfall) fit(steps []Step) {
	f.names, f.results, f.at, f.gap = len("STAGE"), len("RESULT"), len("AT"), len("GAP")
	for _, step := range steps {
		f.names = max(f.names, cells(Clean(step.Name)))
		f.results = min(max(f.results, cells(Clean(step.Result))), leastBar)
		f.at = max(f.at, cells(Duration(step.Offset)))
		f.gap = max(f.gap, 1+cells(Duration(step.Gap)))
	}
	for _, narrower := range []func(){
		func() { f.names = max(f.names-(leastBar-f.left()), min(f.names, 2*leastName)) },
		func() { f.at = 0 },
		func() { f.names = max(f.names-(leastBar-f.left()), min(f.names, leastName)) },
		func() { f.gap = 0 },
	} {
		if f.left() >= leastBar {
			break
		}
		narrower()
	}
	f.room = min(max(f.left(), 4), widestBar)
}

// left is how much room there is for the bars.
func (f *waterfall) left() int {
	left := f.screen.Width
	for _, width := range []int{f.names, f.results, f.at, f.gap} {
		if width > 0 {
			left -= width + columnGap
		}
	}
	return left
}

// line puts a line together; the bar is not padded.
func (f *waterfall) line(name, result, at, bar, gap string) string {
	between := strings.Repeat(" ", columnGap)
	line := name + between + result + between
	if f.at > 0 {
		line += f.screen.Paint(Quiet, fmt.Sprintf("%*s", f.at, at)) + between
	}
	line += bar
	if f.gap > 0 && gap != "" {
		line += between + f.screen.Paint(Quiet, fmt.Sprintf("%*s", f.gap, gap))
	}
	return strings.TrimRight(line, " ")
}

// column is where a time is drawn.
func (f *waterfall) column(at time.Duration) int {
	return min(max(int(float64(at)/float64(f.total)*float64(f.room-1)+0.5), 0), f.room-1)
}

func (f *waterfall) bar(step Step) string {
	to := f.column(step.Offset)
	from := min(f.column(step.Offset-step.Gap), to) // a gap was rounded on its way here
	mark := step.Mark
	if mark == 0 {
		mark = Sure
	}
	drawn := strings.Repeat("━", to-from)
	return strings.Repeat(" ", from) + f.screen.Paint(Quiet, drawn) + f.screen.Paint(step.Style, string(mark)) + strings.Repeat(" ", f.room-1-to)
}
