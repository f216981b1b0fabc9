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
	Offset       time.Duration // since the beginning
	Gap          time.Duration // since the step before
}

// widestBar is the width at which longer bars say nothing more.
const widestBar = 80

// Waterfall draws steps below each other, each with a bar that spans from the
// step before to itself, on a scale that fits into width.
func Waterfall(w io.Writer, width int, steps []Step) error {
	if len(steps) == 0 {
		return nil
	}
	names, results := 0, 0
	for _, step := range steps {
		names = max(names, cells(step.Name))
		results = max(results, cells(step.Result))
	}
	names, results = min(names, 36), min(results, 16)
	room := min(max(width-names-results-16, 8), widestBar)
	total := max(steps[len(steps)-1].Offset, time.Millisecond)
	for _, step := range steps {
		_, err := fmt.Fprintf(w, "%10s  %s  %s  %s\n", "+"+Seconds(step.Offset), pad(step.Name, names),
			pad(step.Result, results), bar(step, total, room))
		if err != nil {
			return err
		}
	}
	return nil
}

func bar(step Step, total time.Duration, room int) string {
	column := func(at time.Duration) int { return int(float64(at) / float64(total) * float64(room-1)) }
	to := max(column(step.Offset), 0)
	from := min(max(column(step.Offset-step.Gap), 0), to) // a gap was rounded on its way here
	return strings.Repeat(" ", from) + strings.Repeat("─", to-from) + "●"
}

// Seconds writes a duration in seconds: "1.204s". It leaves out what is less than a
// millisecond, as the API does in its durations.
func Seconds(d time.Duration) string {
	return fmt.Sprintf("%.3fs", d.Truncate(time.Millisecond).Seconds())
}
