package builder

import (
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

func TestThoseWhoWaitGoOnAFewAtATimeInTheirOrder(t *testing.T) {
	t.Parallel()
	var p progress
	start := time.Now()
	p.begin(start)
	late := start.Add(time.Second)
	p.movedAt = late
	var turns []<-chan struct{}
	for range 5 {
		turns = append(turns, p.queue(late))
	}
	p.unqueue(turns[0]) // has waited for too long
	turns = turns[1:]
	came := func() (n int) {
		for _, turn := range turns {
			select {
			case <-turn:
				n++
			default:
				return n
			}
		}
		return n
	}
	followed := func(until time.Time) { // what was acknowledged by then
		p.followed(audit.FeedBatch{Next: "next", Positions: []audit.Position{"next"}}, true, until, late)
	}
	if followed(start.Add(time.Millisecond)); came() != 0 {
		t.Errorf("%d went on while the flows are a second behind", came())
	}
	if followed(late.Add(-time.Millisecond)); came() != letIn {
		t.Errorf("after a batch %d went on, want %d", came(), letIn)
	}
	if turns = append(turns, p.queue(late)); turns[4] == nil {
		t.Error("who came later has overtaken those who wait")
	}
	if p.atEnd(1, "next", late); came() != len(turns) {
		t.Errorf("at the end of the feed %d of %d went on", came(), len(turns))
	}
	if p.queue(late) != nil {
		t.Error("somebody has to wait though the flows are current")
	}
}
