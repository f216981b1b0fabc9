// Package demo makes up login flows that look like those of a real
// organisation: every outcome, several people, applications and identity
// providers, and the API actions that follow a login.
//
// It writes bulk events, so that what a demonstration shows has come through
// the same door as anybody else's events.
package demo

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

// Generator makes login flows. The same seed makes the same flows for the same
// times. It is not safe for concurrent use.
type Generator struct {
	random *rand.Rand
	prefix string // of every id, so that two runs never collide
	next   int
}

// NewGenerator returns a generator. The prefix begins every unique_id.
func NewGenerator(seed uint64, prefix string) *Generator {
	return &Generator{random: rand.New(rand.NewPCG(seed, 0)), prefix: prefix}
}

// Past returns the events of n flows spread over the time before now, every
// outcome among them, those of each flow in order. Flows that are still in
// progress begin within the last minutes.
func (g *Generator) Past(n int, span time.Duration, now time.Time) []json.RawMessage {
	var events []json.RawMessage
	for i := range n {
		s := scenarios[i%len(scenarios)]
		start := now.Add(-time.Minute*20 - time.Duration(g.random.Int64N(int64(span-20*time.Minute))))
		if s.recent {
			start = now.Add(-time.Duration(g.random.Int64N(int64(4*time.Minute))) - time.Minute)
		}
		events = append(events, g.flow(s, start)...)
	}
	return events
}

// Now returns the events of one flow of a random kind that ends by now.
func (g *Generator) Now(now time.Time) []json.RawMessage {
	s := scenarios[g.random.IntN(len(scenarios))]
	return g.flow(s, now.Add(-30*time.Second))
}

// flow returns one attempt's events and the API actions after it.
func (g *Generator) flow(s scenario, start time.Time) []json.RawMessage {
	a := g.attempt(s)
	at := start
	events := make([]json.RawMessage, 0, len(s.steps)+4)
	for i, step := range s.steps {
		if i > 0 {
			at = at.Add(step.gap(g.random))
		}
		events = append(events, g.event(at, a.record(step)))
	}
	if s.actions {
		for range 1 + g.random.IntN(4) {
			at = at.Add(time.Second + time.Duration(g.random.Int64N(int64(20*time.Second))))
			events = append(events, g.event(at, g.action(a)))
		}
	}
	return events
}

// event wraps a record into a bulk event.
func (g *Generator) event(at time.Time, record map[string]any) json.RawMessage {
	g.next++
	stamp := at.UTC().Format("2006-01-02T15:04:05.000000Z")
	record["time"] = stamp
	for name, value := range record {
		if value == "" {
			delete(record, name)
		}
	}
	raw, err := json.Marshal(map[string]any{
		"unique_id": fmt.Sprintf("%s-%06d", g.prefix, g.next), "create_time": stamp, "event": record,
	})
	if err != nil {
		panic(err) // strings and maps always marshal
	}
	return raw
}

func (g *Generator) id(prefix string) string {
	return fmt.Sprintf("%s-%016x", prefix, g.random.Uint64())
}
