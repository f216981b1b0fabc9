package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/indexer/builder"
	"github.com/authtrail/authtrail/store/sqlite"
	"github.com/authtrail/authtrail/terminal"
)

type rebuildFlowsCommand struct {
	Data          string              `default:"./data" type:"path" placeholder:"DIR" help:"Folder of the embedded store, which no server may have open meanwhile."`
	Store         string              `default:"sqlite" enum:"sqlite,elasticsearch" help:"Store that the records are in: ${enum}."`
	Elasticsearch ElasticsearchConfig `embed:"" prefix:"elasticsearch-"`
	FlowIdle      time.Duration       `default:"15m" placeholder:"TIME" help:"As the server has it: how long an undecided login may be idle before it counts as abandoned."`
}

// Run implements the command.
func (c rebuildFlowsCommand) Run(ctx context.Context, s streams) error {
	config := defaultConfig()
	config.Data, config.Store, config.Elasticsearch, config.FlowIdle, config.LogLevel = c.Data, c.Store, c.Elasticsearch, c.FlowIdle, "warn"
	if err := config.Validate(); err != nil {
		return exitError{exitUsage, err}
	}
	if c.Store == "sqlite" && !sqlite.Exists(c.Data) {
		return fmt.Errorf("%s is no data folder: it holds no records; name one with --data", c.Data)
	}
	logger := config.logger(s)
	config.RequestTimeout = time.Minute
	records, flows, err := openStores(ctx, config, logger)
	if errors.Is(err, sqlite.ErrInUse) {
		return fmt.Errorf("%w; stop the server to rebuild its login flows", err)
	}
	if err != nil {
		return err
	}
	done, err := rebuildFlows(ctx, records, builder.New(builder.Options{
		Records: records, Flows: flows, Idle: c.FlowIdle, Alone: c.Store == "sqlite", Logger: logger}), s)
	if err = errors.Join(err, flows.Close(), records.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%d records followed; %d login flows stored, %d removed, all others are as they were\n", done.Records, done.Written, done.Removed)
	return err
}

// rebuildFlows shows how far it is, and returns what was done.
func rebuildFlows(ctx context.Context, records audit.Counter, b *builder.Builder, s streams) (builder.Stats, error) {
	counts, err := records.Count(ctx, []audit.Query{{Scope: audit.AllOrgs()}})
	if err != nil {
		return builder.Stats{}, fmt.Errorf("count the records: %w", err)
	}
	total := int64(counts[0])
	var bar *terminal.Progress
	err = b.Rebuild(ctx, func(followed uint64) {
		if bar == nil {
			if followed > 0 {
				fmt.Fprintln(s.err, "authtrail: going on where a rebuild was interrupted")
			}
			bar = terminal.NewProgress(s.err, "login flows", total)
		}
		bar.Update(int64(followed), int64(followed))
	})
	if bar != nil {
		bar.Clear()
	}
	return b.Stats(), err
}
