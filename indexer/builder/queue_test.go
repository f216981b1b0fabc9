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

// The batch after the last one is read before it is known that the last one is stored.
func TestWhereTheFeedEndedStaysKnownWhileTheBatchBeforeIsStored(t *testing.T) {
	t.Parallel()
	began := time.Now()
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	p := &progress{}
	p.begin(began)
	p.hasEnd("1", at(1))
	p.hasEnd("2", at(2))
	p.followed(audit.FeedBatch{Positions: []audit.Position{"1"}, Next: "1"}, true, at(1), at(3))
	if behind := p.behind(at(3)); behind != 2*time.Second {
		t.Errorf("behind by %s where all of the first second is followed", behind)
	}
	p.followed(audit.FeedBatch{Positions: []audit.Position{"2", "3"}, Next: "3"}, false, at(2), at(4))
	if behind := p.behind(at(4)); behind != 2*time.Second {
		t.Errorf("behind by %s where all of the first two seconds is followed", behind)
	}
}
