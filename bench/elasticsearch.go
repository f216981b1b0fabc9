package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
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
	if err := c.buildFlows(ctx); err != nil {
		return err
	}
	if err := c.settle(ctx); err != nil {
		return err
	}
	if err := c.recordOwn(ctx); err != nil {
		return err
	}
	return c.questions(ctx)
}

// recordOwn has the program that is recorded answer from the indices of the other
// one, which alone have login flows.
func (c *comparison) recordOwn(ctx context.Context) (err error) {
	if err := c.recorded.stop(); err != nil {
		return err
	}
	c.recorded, err = c.server(ctx, c.recorder.URL, ownPrefix)
	return err
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
	if !c.directIngest {
		return nil
	}
	if c.recorded, err = c.server(ctx, c.recorder.URL, recordedPrefix); err != nil {
		return err
	}
	return c.prepareDirect(ctx)
}

// prepareDirect has the program make the indices that the direct run writes to,
// by sending it a record of each day.
func (c *comparison) prepareDirect(ctx context.Context) error {
	installer, err := c.server(ctx, c.elasticsearch, directPrefix)
	if err != nil {
		return err
	}
	const days = 30
	var bodies [][]byte
	for day := range days {
		at := c.records / days * day
		bodies = append(bodies, bulkBody(c.set, at, at+1))
	}
	return errors.Join(sendAll(ctx, installer, bodies, 1), installer.stop())
}

// buildFlows has the program make the login flows, which ingest was compared without.
func (c *comparison) buildFlows(ctx context.Context) error {
	if err := sendActions(ctx, c.own, c.set, c.options); err != nil {
		return err
	}
	builder, err := c.server(ctx, c.elasticsearch, ownPrefix, "--flow-builder")
	if err != nil {
		return err
	}
	return errors.Join(measureFlows(ctx, builder, c.set), builder.stop())
}

func (c *comparison) server(ctx context.Context, url, prefix string, more ...string) (*serverProcess, error) {
	folder, err := os.MkdirTemp("", "authtrail-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a data folder: %w", err)
	}
	c.folders = append(c.folders, folder)
	o := c.options
	o.data = folder
	if len(more) == 0 {
		more = []string{"--no-flow-builder"}
	}
	server, _, err := startServer(ctx, o, append(more, "--store", "elasticsearch", "--elasticsearch-url", url,
		"--elasticsearch-index-prefix", prefix, "--elasticsearch-shards", strconv.Itoa(c.shards), "--request-timeout", "5m")...)
	return server, err
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
