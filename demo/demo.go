// Package demo makes up login flows that look like those of a real
// organisation: every outcome, several people, applications and identity
// providers, and the API actions that follow a login.
//
// It writes bulk events, so that what a demonstration shows has come through
// the same door as anybody else's events.
package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

// Generator makes login flows. The same seed makes the same flows for the same
// times. It is not safe for concurrent use.
type Generator struct {
	random *rand.Rand
	prefix string // of every unique_id, so that two runs never collide
	flows  int    // made so far
	events int
}

// NewGenerator returns a generator. The prefix begins every unique_id.
func NewGenerator(seed uint64, prefix string) *Generator {
	return &Generator{random: rand.New(rand.NewPCG(seed, 0)), prefix: prefix}
}

// Past returns the events of n flows that ended within the span before now,
// every outcome among them, those of each flow in order. Flows that are still in
// progress were last active minutes ago.
func (g *Generator) Past(n int, span time.Duration, now time.Time) []json.RawMessage {
	const settled = 20 * time.Minute // long enough ago to be over for good
	var events []json.RawMessage
	for i := range n {
		s := scenarios[i%len(scenarios)]
		ago := settled + g.upTo(span-2*settled)
		if s.recent {
			ago = time.Minute + g.upTo(4*time.Minute)
		}
		steps := g.flow(s)
		for _, step := range steps {
			events = append(events, g.event(now.Add(-ago-steps.length()+step.after), step.record))
		}
	}
	return events
}

// Event is a bulk event and when it happens.
type Event struct {
	At  time.Time
	Raw json.RawMessage
}

// Next returns the events of one flow of a random kind that begins now. Those that
// nobody finishes are as rare as in the past: the recent ones are only there so
// that the past has some that are not over yet.
func (g *Generator) Next(now time.Time) []Event {
	s := scenarios[g.random.IntN(len(scenarios))]
	for s.recent {
		s = scenarios[g.random.IntN(len(scenarios))]
	}
	var events []Event
	for _, step := range g.flow(s) {
		at := now.Add(step.after)
		events = append(events, Event{At: at, Raw: g.event(at, step.record)})
	}
	return events
}

// Play calls send with each event when it happens, until ctx ends.
func Play(ctx context.Context, events []Event, send func(json.RawMessage)) {
	for _, event := range events {
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(event.At)):
		}
		if ctx.Err() != nil {
			return
		}
		send(event.Raw)
	}
}

// timeline is the records of a flow in order, and when each happens after the
// flow's beginning.
type timeline []moment

type moment struct {
	after  time.Duration
	record map[string]any
}

func (t timeline) length() time.Duration { return t[len(t)-1].after }

// flow returns one attempt's records, and the API actions and web requests after it.
func (g *Generator) flow(s scenario) timeline {
	a := g.attempt(s)
	var steps timeline
	var at time.Duration
	for _, step := range s.steps {
		at += g.gap(step)
		steps = append(steps, moment{at, a.record(step)})
	}
	if s.actions {
		for range 1 + g.random.IntN(4) {
			at += time.Second + g.upTo(20*time.Second)
			steps = append(steps, moment{at, g.action(a)})
		}
		for range 1 + g.random.IntN(3) {
			at += time.Second + g.upTo(5*time.Second)
			steps = append(steps, moment{at, g.access(a)})
		}
	}
	return steps
}

// gap is the time between a step and the one before it.
func (g *Generator) gap(s step) time.Duration {
	if s.slow {
		return 2*time.Second + g.upTo(9*time.Second)
	}
	return 80*time.Millisecond + g.upTo(1500*time.Millisecond)
}

// upTo returns a random duration below d.
func (g *Generator) upTo(d time.Duration) time.Duration {
	return time.Duration(g.random.Int64N(int64(d)))
}

// event wraps a record into a bulk event.
func (g *Generator) event(at time.Time, record map[string]any) json.RawMessage {
	g.events++
	stamp := at.UTC().Format("2006-01-02T15:04:05.000000Z")
	record["time"] = stamp
	for name, value := range record {
		if value == "" {
			delete(record, name)
		}
	}
	raw, err := json.Marshal(map[string]any{
		"unique_id": fmt.Sprintf("%s-%06d", g.prefix, g.events), "create_time": stamp, "event": record,
	})
	if err != nil {
		panic(err) // strings and maps always marshal
	}
	return raw
}

func (g *Generator) id(prefix string) string {
	return fmt.Sprintf("%s-%016x", prefix, g.random.Uint64())
}
