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
		events = append(events, g.flow(s, now.Add(-ago))...)
	}
	return events
}

// Now returns the events of one flow of a random kind that ends now. Those that
// nobody finishes are as rare as in the past: the recent ones are only there so
// that the past has some that are not over yet.
func (g *Generator) Now(now time.Time) []json.RawMessage {
	for {
		if s := scenarios[g.random.IntN(len(scenarios))]; !s.recent {
			return g.flow(s, now)
		}
	}
}

// flow returns one attempt's events, and the API actions and web requests after
// it, the last of which happened at end.
func (g *Generator) flow(s scenario, end time.Time) []json.RawMessage {
	a := g.attempt(s)
	var records []map[string]any
	var offsets []time.Duration
	var at time.Duration
	for _, step := range s.steps {
		at += g.gap(step)
		records, offsets = append(records, a.record(step)), append(offsets, at)
	}
	if s.actions {
		for range 1 + g.random.IntN(4) {
			at += time.Second + g.upTo(20*time.Second)
			records, offsets = append(records, g.action(a)), append(offsets, at)
		}
		for range 1 + g.random.IntN(3) {
			at += time.Second + g.upTo(5*time.Second)
			records, offsets = append(records, g.access(a)), append(offsets, at)
		}
	}
	events := make([]json.RawMessage, len(records))
	for i, record := range records {
		events[i] = g.event(end.Add(offsets[i]-at), record)
	}
	return events
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
