package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// ingest stores the data set in turns, some at a time: recorded (not timed), as
// the same bulks sent directly, and through the program.
func (c *comparison) ingest(ctx context.Context) error {
	const chunk = 100_000
	var own, direct cost
	for from := 0; from < c.records; from += chunk {
		var bodies [][]byte
		for at := from; at < min(from+chunk, c.records); at += c.bulk {
			bodies = append(bodies, bulkBody(c.set, at, min(at+c.bulk, c.records)))
		}
		if c.directIngest {
			if err := c.ingestDirectly(ctx, bodies, &direct); err != nil {
				return err
			}
		}
		if err := c.measure(ctx, &own, func() error { return sendAll(ctx, c.own, bodies, c.senders) }); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%d records stored in Elasticsearch\n", min(from+chunk, c.records))
	}
	rate := func(of cost) float64 { return float64(c.records) / of.took.Seconds() }
	each := func(of time.Duration) time.Duration {
		return (of / time.Duration(c.records)).Round(100 * time.Nanosecond)
	}
	if !c.directIngest {
		fmt.Printf("| ingest, %d senders × %d events | %.0f records/s | | |\n", c.senders, c.bulk, rate(own))
		fmt.Printf("| processor time of Elasticsearch for each record | %s | | Authtrail's own: %s |\n", each(own.engine), each(c.own.processorTime()))
		return nil
	}
	fmt.Printf("| ingest, %d senders × %d events | %.0f records/s | %.0f records/s | %.2f× |\n",
		c.senders, c.bulk, rate(own), rate(direct), rate(own)/rate(direct))
	fmt.Printf("| processor time of Elasticsearch for each record | %s | %s | Authtrail's own: %s |\n",
		each(own.engine), each(direct.engine), each(c.own.processorTime()))
	return nil
}

// ingestDirectly has some bodies recorded, and sends the same bulks directly.
func (c *comparison) ingestDirectly(ctx context.Context, bodies [][]byte, direct *cost) error {
	if err := sendAll(ctx, c.recorded, bodies, c.senders); err != nil {
		return err
	}
	bulks, err := redirected(c.recorder.take())
	if err != nil {
		return err
	}
	return c.measure(ctx, direct, func() error { return c.sendDirectly(ctx, bulks) })
}

// cost is what something took, by the clock and of Elasticsearch's processors.
type cost struct{ took, engine time.Duration }

// measure adds what some work takes.
func (c *comparison) measure(ctx context.Context, to *cost, work func() error) error {
	before, err := c.engineTime(ctx)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := work(); err != nil {
		return err
	}
	to.took += time.Since(begin)
	after, err := c.engineTime(ctx)
	to.engine += after - before
	return err
}

// engineTime returns the processor time that all nodes have used.
func (c *comparison) engineTime(ctx context.Context) (time.Duration, error) {
	answer, err := request{method: http.MethodGet, path: "/_nodes/stats/process"}.send(ctx, c.direct, c.elasticsearch)
	if err != nil {
		return 0, fmt.Errorf("read Elasticsearch's processor time: %w", err)
	}
	var read struct {
		Nodes map[string]struct {
			Process struct {
				CPU struct {
					Total int64 `json:"total_in_millis"`
				}
			}
		}
	}
	if err := json.Unmarshal(answer, &read); err != nil {
		return 0, fmt.Errorf("read Elasticsearch's processor time: %w", err)
	}
	var sum time.Duration
	for _, node := range read.Nodes {
		sum += time.Duration(node.Process.CPU.Total) * time.Millisecond
	}
	return sum, nil
}

// redirected returns recorded bulks as they go to the indices of the direct run.
func redirected(recorded []request) ([]request, error) {
	var bulks []request
	for _, q := range recorded {
		if !strings.Contains(q.path, "_bulk") {
			continue
		}
		if q.encoding == "gzip" {
			plain, err := gzip.NewReader(bytes.NewReader(q.body))
			if err != nil {
				return nil, fmt.Errorf("read a recorded bulk: %w", err)
			}
			if q.body, err = io.ReadAll(plain); err != nil {
				return nil, fmt.Errorf("read a recorded bulk: %w", err)
			}
			q.encoding = ""
		}
		q.path = strings.ReplaceAll(q.path, recordedPrefix, directPrefix)
		q.body = bytes.ReplaceAll(q.body, []byte(recordedPrefix), []byte(directPrefix))
		bulks = append(bulks, q)
	}
	return bulks, nil
}

func (c *comparison) sendDirectly(ctx context.Context, bulks []request) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.senders)
	for _, bulk := range bulks {
		group.Go(func() error {
			answer, err := bulk.send(ctx, c.direct, c.elasticsearch)
			if err != nil {
				return fmt.Errorf("send a bulk directly: %w", err)
			}
			return stored(answer)
		})
	}
	return group.Wait()
}

// stored requires that a bulk's records are all there: new, or since the indices were prepared.
func stored(answer []byte) error {
	var read struct {
		Items []struct{ Create struct{ Status int } }
	}
	if err := json.Unmarshal(answer, &read); err != nil || len(read.Items) == 0 {
		return fmt.Errorf("send a bulk directly: %.300s", answer)
	}
	for _, item := range read.Items {
		if status := item.Create.Status; status != http.StatusCreated && status != http.StatusConflict {
			return fmt.Errorf("send a bulk directly: an item has the status %d: %.300s", status, answer)
		}
	}
	return nil
}
