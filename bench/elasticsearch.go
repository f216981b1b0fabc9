package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// The index prefixes of the comparison: what the program keeps, what it keeps
// when it is recorded, and what is sent to Elasticsearch directly.
const (
	ownPrefix      = "authtrail-bench-own"
	recordedPrefix = "authtrail-bench-rec"
	directPrefix   = "authtrail-bench-dir"
)

// measureElasticsearch compares the program on Elasticsearch with Elasticsearch
// itself: the same documents in the same bulks, and the same questions, in turns.
func measureElasticsearch(ctx context.Context, o options) error {
	c := &comparison{options: o, set: newDataset(o.records), direct: &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: o.senders, DisableCompression: true}}}
	defer c.cleanUp()
	if err := c.start(ctx); err != nil {
		return err
	}
	fmt.Printf("\nOn Elasticsearch, %d records:\n\n| what | through Authtrail | Elasticsearch asked directly | |\n|---|---|---|---|\n", o.records)
	if err := c.ingest(ctx); err != nil {
		return err
	}
	if err := c.settle(ctx); err != nil {
		return err
	}
	return c.questions(ctx)
}

// comparison is a program on Elasticsearch, one that is recorded, and a client
// that asks Elasticsearch directly.
type comparison struct {
	options
	set      dataset
	recorder *recorder
	own      *serverProcess
	recorded *serverProcess
	direct   *http.Client
	folders  []string
}

func (c *comparison) start(ctx context.Context) (err error) {
	if err := c.drop(ctx); err != nil {
		return err
	}
	if c.recorder, err = newRecorder(c.elasticsearch, func(path string) bool {
		return strings.HasSuffix(path, "_bulk") || strings.HasSuffix(path, "_search") || strings.HasSuffix(path, "_msearch")
	}); err != nil {
		return err
	}
	if c.own, err = c.server(ctx, c.elasticsearch, ownPrefix); err != nil {
		return err
	}
	if c.recorded, err = c.server(ctx, c.recorder.URL, recordedPrefix); err != nil {
		return err
	}
	installer, err := c.server(ctx, c.elasticsearch, directPrefix) // puts the index template there
	return errors.Join(err, installer.stop())
}

func (c *comparison) server(ctx context.Context, url, prefix string) (*serverProcess, error) {
	folder, err := os.MkdirTemp("", "authtrail-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a data folder: %w", err)
	}
	c.folders = append(c.folders, folder)
	o := c.options
	o.data = folder
	server, _, err := startServer(ctx, o, "--store", "elasticsearch", "--elasticsearch-url", url, "--elasticsearch-index-prefix", prefix)
	return server, err
}

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
		if err := sendAll(ctx, c.recorded, bodies, c.senders); err != nil {
			return err
		}
		bulks, err := redirected(c.recorder.take())
		if err != nil {
			return err
		}
		if err := c.measure(ctx, &direct, func() error { return c.sendDirectly(ctx, bulks) }); err != nil {
			return err
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
	fmt.Printf("| ingest, %d senders × %d events | %.0f records/s | %.0f records/s | %.2f× |\n",
		c.senders, c.bulk, rate(own), rate(direct), rate(own)/rate(direct))
	fmt.Printf("| processor time of Elasticsearch for each record | %s | %s | Authtrail's own: %s |\n",
		each(own.engine), each(direct.engine), each(c.own.processorTime()))
	return nil
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
			var read struct{ Errors bool }
			if err := json.Unmarshal(answer, &read); err != nil || read.Errors {
				return fmt.Errorf("send a bulk directly: %.300s", answer)
			}
			return nil
		})
	}
	return group.Wait()
}

// settle waits until what both questions are asked of is at rest.
func (c *comparison) settle(ctx context.Context) error {
	for _, path := range []string{"/" + ownPrefix + "-*/_forcemerge?max_num_segments=5", "/" + ownPrefix + "-*/_refresh"} {
		if _, err := (request{method: http.MethodPost, path: path}).send(ctx, c.direct, c.elasticsearch); err != nil {
			return fmt.Errorf("let the indices settle: %w", err)
		}
	}
	return nil
}

// drop removes the indices of this comparison, and of earlier ones.
func (c *comparison) drop(ctx context.Context) error {
	for _, prefix := range []string{ownPrefix, recordedPrefix, directPrefix} {
		list, err := request{method: http.MethodGet, path: "/_cat/indices/" + prefix + "-*?h=index"}.send(ctx, c.direct, c.elasticsearch)
		if err != nil {
			return fmt.Errorf("list the indices: %w", err)
		}
		for name := range strings.FieldsSeq(string(list)) {
			if _, err := (request{method: http.MethodDelete, path: "/" + name}).send(ctx, c.direct, c.elasticsearch); err != nil {
				return fmt.Errorf("drop an index: %w", err)
			}
		}
		template := request{method: http.MethodDelete, path: "/_index_template/" + prefix + "-*"}
		if _, err := template.send(ctx, c.direct, c.elasticsearch); err != nil && !strings.Contains(err.Error(), "404") {
			return fmt.Errorf("drop the index template: %w", err)
		}
	}
	return nil
}

func (c *comparison) cleanUp() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, err := range []error{c.own.stop(), c.recorded.stop(), c.drop(ctx)} {
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
	}
	if c.recorder != nil {
		c.recorder.Close()
	}
	for _, folder := range c.folders {
		_ = os.RemoveAll(folder)
	}
}
