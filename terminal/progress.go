package terminal

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Progress shows how far long work has come: a bar that redraws itself on a
// terminal, and plain lines now and then elsewhere.
type Progress struct {
	w        io.Writer
	terminal bool
	label    string
	total    int64 // 0 when unknown
	every    time.Duration
	started  time.Time
	drawn    time.Time
	shown    bool // a bar stands on the terminal
}

const barWidth = 24

// NewProgress starts to show progress on w towards a total, 0 if that is unknown.
func NewProgress(w io.Writer, label string, total int64) *Progress {
	p := &Progress{w: w, terminal: IsTerminal(w), label: label, total: total, every: 5 * time.Second, started: time.Now()}
	if p.terminal {
		p.every = 100 * time.Millisecond
	}
	p.drawn = p.started
	return p
}

// Update says how far the work has come and how many things are done.
func (p *Progress) Update(done, count int64) {
	if time.Since(p.drawn) >= p.every {
		p.drawn = time.Now()
		p.draw(done, count)
	}
}

// Clear takes the bar away, until the next Update, so that something else can be
// said in its place. At the end, what was achieved is for the caller to say.
func (p *Progress) Clear() {
	if p.terminal && p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown, p.drawn = false, time.Time{}
	}
}

func (p *Progress) draw(done, count int64) {
	text := fmt.Sprintf("%d events, %.0f/s", count, float64(count)/time.Since(p.started).Seconds())
	share := min(float64(done)/float64(max(p.total, 1)), 1)
	if p.total > 0 {
		text = fmt.Sprintf("%3d%%, %s", int(share*100), text)
	}
	if !p.terminal {
		fmt.Fprintf(p.w, "%s: %s\n", p.label, strings.TrimSpace(text))
		return
	}
	if p.total > 0 {
		filled := int(share * barWidth)
		text = "[" + strings.Repeat("=", filled) + strings.Repeat(" ", barWidth-filled) + "] " + text
	}
	// A line that wrapped could not be cleared again.
	fmt.Fprint(p.w, "\r\x1b[K"+Cut(Clean(text+"  "+p.label), Width(p.w)-1))
	p.shown = true
}
