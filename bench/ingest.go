package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
)

// measureIngest sends the whole data set through POST /v1/bulk_audit_events.
// The documents are made before the clock runs, some at a time, since making
// them costs the same CPUs.
func measureIngest(ctx context.Context, server *serverProcess, set dataset, o options) error {
	const chunk = 100_000
	var took, slowest time.Duration
	for from := 0; from < set.records; from += chunk {
		var bodies [][]byte
		for at := from; at < min(from+chunk, set.records); at += o.bulk {
			bodies = append(bodies, bulkBody(set, at, min(at+o.bulk, set.records)))
		}
		begin := time.Now()
		if err := sendAll(ctx, server, bodies, o.senders); err != nil {
			return err
		}
		elapsed := time.Since(begin)
		took += elapsed
		slowest = max(slowest, elapsed)
		fmt.Fprintf(os.Stderr, "%d records stored, the last %d at %.0f/s\n", min(from+chunk, set.records), chunk, chunk/elapsed.Seconds())
	}
	fmt.Printf("| durable ingest through REST, %d senders × %d events | %.0f records/s (slowest %d: %.0f/s) |\n",
		o.senders, o.bulk, float64(set.records)/took.Seconds(), chunk, float64(min(chunk, set.records))/slowest.Seconds())
	fmt.Printf("| processor time of the server for each record | %s |\n",
		(server.processorTime() / time.Duration(set.records)).Round(100*time.Nanosecond))
	return nil
}

func bulkBody(set dataset, from, to int) []byte { return bodyOf(set.append, from, to) }

// bodyOf returns a request with some of the events that make appends.
func bodyOf(appendEvent func([]byte, int) []byte, from, to int) []byte {
	body := []byte(`{"events":[`)
	for i := from; i < to; i++ {
		if i > from {
			body = append(body, ',')
		}
		body = appendEvent(body, i)
	}
	return append(body, "]}"...)
}

// sendActions stores the API actions, which the joined view shows.
func sendActions(ctx context.Context, server *serverProcess, set dataset, o options) error {
	var bodies [][]byte
	for at := 0; at < set.actions(); at += o.bulk {
		bodies = append(bodies, bodyOf(set.appendAction, at, min(at+o.bulk, set.actions())))
	}
	return sendAll(ctx, server, bodies, o.senders)
}

func sendAll(ctx context.Context, server *serverProcess, bodies [][]byte, senders int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(senders)
	for _, body := range bodies {
		group.Go(func() error { return send(ctx, server, body) })
	}
	return group.Wait()
}

func send(ctx context.Context, server *serverProcess, body []byte) error {
	answer, err := post(ctx, server.url+"/v1/bulk_audit_events", body)
	if err != nil {
		return fmt.Errorf("send events: %w", err)
	}
	const allStored = `{"success_events":[],"discard_events":[],"retry_events":[]}`
	if got := string(bytes.TrimSpace(answer)); got != allStored {
		return fmt.Errorf("send events: not all were stored: %.300s", got)
	}
	return nil
}

// post sends JSON and returns the answer of a 2xx.
func post(ctx context.Context, url string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %.300s", response.Status, answer)
	}
	return answer, err
}
