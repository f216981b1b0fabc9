package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/indexer/builder"
	"github.com/authtrail/authtrail/store/sqlite"
)

// storedFlows are the login flows of a server, and what keeps them current.
type storedFlows struct {
	store   audit.FlowStore
	builder *builder.Builder
	view    *flow.View
	pace    func(context.Context) // lets the building keep up with the records; nil where it need not
	stop    func()                // ends the building, and returns when it has ended
}

// flowPatience is how long a question waits for flows to catch up with the records
// that were acknowledged before it was asked.
const flowPatience = 300 * time.Millisecond

// keepFlows builds the flows of records in the background, until it is told to stop.
func keepFlows(ctx context.Context, config Config, records builder.Records, store audit.FlowStore, logger *slog.Logger) *storedFlows {
	alone := config.Store == "sqlite"
	kept := &storedFlows{store: store, builder: builder.New(builder.Options{
		Records: records, Flows: store, Idle: config.FlowIdle, Alone: alone, Logger: logger,
	})}
	var options flow.Options
	if alone && config.FlowBuilder {
		kept.pace = kept.builder.Pace
		options.Fresh = func(ctx context.Context) {
			if err := kept.builder.CatchUp(ctx, flowPatience); err != nil && ctx.Err() == nil {
				logger.Warn("login flows may lack their latest records", "error", err)
			}
		}
	}
	kept.view = flow.NewView(store, time.Now, config.FlowIdle, options)
	kept.stop = func() {}
	if !config.FlowBuilder {
		logger.Info("this process builds no login flows: those of new records are there once another has built them")
		return kept
	}
	building, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { kept.builder.Run(building) })
	kept.stop = func() {
		cancel()
		running.Wait()
	}
	return kept
}

// finish waits until all records are in their flows, or ctx ends, or nothing moves
// any more: a command that is done with the data folder leaves it complete. What is
// left undone, the next to open the folder does.
func (f *storedFlows) finish(ctx context.Context, s streams) {
	said := time.AfterFunc(2*time.Second, func() { fmt.Fprintln(s.err, "authtrail: building the login flows of new records") })
	defer said.Stop()
	const stretch = 10 * time.Second
	for {
		began, followed := time.Now(), f.builder.Stats().Records
		_ = f.builder.CatchUp(ctx, stretch)
		if time.Since(began) < stretch || f.builder.Stats().Records == followed {
			return
		}
	}
}

// openFlowStore opens the store of login flows, which lies beside that of the records.
func openFlowStore(ctx context.Context, config Config, logger *slog.Logger) (audit.FlowStore, error) {
	switch config.Store {
	case "sqlite":
		return sqlite.Open(ctx, sqlite.Options{Dir: filepath.Join(config.Data, "flows"), Format: flow.Format(), Logger: logger})
	case "elasticsearch":
		return openElastic(ctx, config.elasticFlowOptions(logger))
	}
	return nil, fmt.Errorf("--store %s: there is no such store", config.Store)
}
