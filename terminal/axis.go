package terminal

import (
	"fmt"
	"strings"
	"time"
)

// The distances that people read from an axis.
var ticks = []time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour,
}

// axis writes the time above the bars, each label where its moment is drawn.
func (f *waterfall) axis() string {
	const apart = 8 // columns from one label to the next, at least
	every := ticks[len(ticks)-1]
	for _, tick := range ticks {
		if float64(tick)/float64(f.total)*float64(f.room-1) >= apart {
			every = tick
			break
		}
	}
	var b strings.Builder
	for at := time.Duration(0); at <= f.total; at += every {
		label, column := tickLabel(at), f.column(at)
		if written := cells(b.String()); column < written || column+cells(label) > f.room {
			break
		}
		b.WriteString(strings.Repeat(" ", column-cells(b.String())) + label)
	}
	return b.String() + strings.Repeat(" ", f.room-cells(b.String()))
}

// tickLabel writes a number of one unit: whole, but for half seconds and the like.
func tickLabel(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return "0"
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d%time.Second == 0:
		return fmt.Sprintf("%ds", d/time.Second)
	case d > time.Second:
		return fmt.Sprintf("%.4gs", d.Seconds())
	}
	return fmt.Sprintf("%dms", d/time.Millisecond)
}

// Duration writes a length of time shortly: "1.204s", "2m05s", "3h12m", "4d07h".
// It leaves out what is less than a millisecond, as the API does in its durations.
func Duration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.3fs", d.Truncate(time.Millisecond).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%02dh", d/day, d%day/time.Hour)
}
