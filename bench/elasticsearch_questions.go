package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// questions asks each question through the program, and then what the program
// asked of Elasticsearch for it, directly.
func (c *comparison) questions(ctx context.Context) error {
	for _, q := range questions {
		own, direct, trips, err := c.ask(ctx, q)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		allowed := time.Duration(1.15*float64(direct)) + time.Millisecond
		within := "within 1.15× + 1 ms"
		if own > allowed {
			within = fmt.Sprintf("over 1.15× + 1 ms = %s", allowed.Round(10*time.Microsecond))
		}
		fmt.Printf("| %s (%d requests) | p50 %s | p50 %s | %s |\n", q.name, trips,
			own.Round(10*time.Microsecond), direct.Round(10*time.Microsecond), within)
	}
	return nil
}

// ask returns the p50 of both ways, and how many requests were made for the last one, which may be under way at once, and some of which, as for the record of readings, nobody waits for.
func (c *comparison) ask(ctx context.Context, q question) (own, direct time.Duration, trips int, err error) {
	random := rand.New(rand.NewPCG(42, 42))
	var ownTimes, directTimes []time.Duration
	for i := range c.repeats + c.repeats/10 {
		body, err := json.Marshal(map[string]any{"query": q.document, "variables": q.variables(c.set, random)})
		if err != nil {
			return 0, 0, 0, err
		}
		if _, err := post(ctx, c.recorded.url+"/graphql", body); err != nil {
			return 0, 0, 0, err
		}
		requests := c.recorder.take()
		ownTook, directTook, err := c.askBoth(ctx, q, body, requests, i%2 == 0)
		if err != nil {
			return 0, 0, 0, err
		}
		if i >= c.repeats/10 { // the first tenth warms up
			ownTimes, directTimes, trips = append(ownTimes, ownTook), append(directTimes, directTook), len(requests)
		}
	}
	slices.Sort(ownTimes)
	slices.Sort(directTimes)
	return ownTimes[len(ownTimes)/2], directTimes[len(directTimes)/2], trips, nil
}

// askBoth asks both ways, in either order: who comes second finds warm caches.
func (c *comparison) askBoth(ctx context.Context, q question, body []byte, requests []request, ownFirst bool) (own, direct time.Duration, err error) {
	if ownFirst {
		if own, err = c.askOwn(ctx, body, q); err != nil {
			return 0, 0, err
		}
	}
	if direct, err = c.askDirectly(ctx, requests); err != nil || ownFirst {
		return own, direct, err
	}
	own, err = c.askOwn(ctx, body, q)
	return own, direct, err
}

func (c *comparison) askOwn(ctx context.Context, body []byte, q question) (time.Duration, error) {
	begin := time.Now()
	answer, err := post(ctx, c.own.url+"/graphql", body)
	took := time.Since(begin)
	if err == nil {
		err = check(answer, q.atLeast)
	}
	return took, err
}

func (c *comparison) askDirectly(ctx context.Context, requests []request) (time.Duration, error) {
	begin := time.Now()
	for _, q := range requests {
		if _, err := q.send(ctx, c.direct, c.elasticsearch); err != nil {
			return 0, err
		}
	}
	return time.Since(begin), nil
}
