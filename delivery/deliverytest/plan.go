package deliverytest

import (
	"math/rand/v2"
	"time"
)

// Fault is a way in which a receiver fails.
type Fault string

// The faults.
const (
	Refuse       Fault = "refuse"       // connections are refused for a while, after the one at hand was cut
	Reset        Fault = "reset"        // the events are taken, and the answer breaks off in the middle
	Slow         Fault = "slow"         // the events are taken, and the answer is late
	ServerError  Fault = "server-error" // 500; nothing is taken
	BusySeconds  Fault = "busy-seconds" // 429 and Retry-After in seconds; nothing is taken
	BusyDate     Fault = "busy-date"    // 429 and Retry-After as a date; nothing is taken
	RetrySome    Fault = "retry-some"   // 200: every third event is wanted again, the others are taken
	DiscardSome  Fault = "discard-some" // 200: one event is discarded, the others are taken
	Garbage      Fault = "garbage"      // 200 and what is no answer; nothing is taken
	none         Fault = ""             // all is well
	defaultPause       = 50 * time.Millisecond
)

// AllFaults are the ways in which receivers are known to fail.
var AllFaults = []Fault{Refuse, Reset, Slow, ServerError, BusySeconds, BusyDate, RetrySome, DiscardSome, Garbage}

// Plan says how a receiver fails. The zero value never fails.
type Plan struct {
	Seed   uint64
	Faults []Fault       // the ways, each as likely
	Every  int           // how many requests there are for one that fails, on the average; 10 unless set
	Pause  time.Duration // for how long it is slow, or refuses connections; 50 ms unless set
}

// dice throws the faults of a plan.
type dice struct {
	plan Plan
	rand *rand.Rand
}

func newDice(plan Plan) *dice {
	if plan.Every == 0 {
		plan.Every = 10
	}
	if plan.Pause == 0 {
		plan.Pause = defaultPause
	}
	return &dice{plan, rand.New(rand.NewPCG(plan.Seed, 1))}
}

// next returns the fault of the next request.
func (d *dice) next() Fault {
	if len(d.plan.Faults) == 0 || d.rand.IntN(d.plan.Every) > 0 {
		return none
	}
	return d.plan.Faults[d.rand.IntN(len(d.plan.Faults))]
}
