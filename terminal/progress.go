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

// Done clears the bar away; what was achieved is for the caller to say.
func (p *Progress) Done() {
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func (p *Progress) draw(done, count int64) {
	rate := float64(count) / time.Since(p.started).Seconds()
	share := 0.0
	if p.total > 0 {
		share = min(float64(done)/float64(p.total), 1)
	}
	if !p.terminal {
		fmt.Fprintf(p.w, "%s: %d%%, %d events, %.0f/s\n", p.label, int(share*100), count, rate)
		return
	}
	filled := int(share * barWidth)
	fmt.Fprintf(p.w, "\r\x1b[K%s [%s%s] %3d%%  %d events  %.0f/s", p.label,
		strings.Repeat("=", filled), strings.Repeat(" ", barWidth-filled), int(share*100), count, rate)
}
