package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/lease"
	"github.com/authtrail/authtrail/store/elastic"
	"github.com/authtrail/authtrail/terminal"
)

type reindexCommand struct {
	Elasticsearch ElasticsearchConfig `embed:"" prefix:"elasticsearch-"`
}

// reindexLease is held by the one process that reindexes.
var reindexLease = audit.EntryKey{Kind: "lease", ID: "reindex"}

// Run implements the command.
func (c reindexCommand) Run(ctx context.Context, s streams) error {
	config := defaultConfig()
	config.Store, config.LogLevel, config.Elasticsearch = "elasticsearch", "warn", c.Elasticsearch
	if err := config.Validate(); err != nil {
		return exitError{exitUsage, err}
	}
	logger := config.logger(s)
	var stores []*elastic.Store
	closed := func() (err error) {
		for _, store := range stores {
			err = errors.Join(err, store.Close())
		}
		return err
	}
	for _, options := range []elastic.Options{config.elasticOptions(logger), config.elasticFlowOptions(logger)} {
		options.RequestTimeout = time.Minute
		store, err := openElastic(ctx, options)
		if err != nil {
			return errors.Join(err, closed())
		}
		stores = append(stores, store)
	}
	done, err := reindexAlone(ctx, stores, s)
	if err = errors.Join(err, closed()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, done)
	return err
}

// reindexAlone reindexes the events and then their login flows, as long as no other
// process can, and says what was done.
func reindexAlone(ctx context.Context, stores []*elastic.Store, s streams) (reindexed, error) {
	leases := lease.New(stores[0], lease.Options{})
	held, err := leases.TryAcquire(ctx, reindexLease)
	if errors.Is(err, lease.ErrHeld) {
		fmt.Fprintln(s.err, "authtrail: another process reindexes, or has just been killed; waiting for it")
		held, err = leases.Acquire(ctx, reindexLease)
	}
	if err != nil {
		return reindexed{}, fmt.Errorf("reindex: %w", err)
	}
	var done reindexed
	shown := &reindexProgress{streams: s}
	group, working := errgroup.WithContext(ctx)
	working, finished := context.WithCancel(working)
	group.Go(func() error { return held.Keep(working) })
	group.Go(func() error {
		defer finished()
		for _, store := range stores {
			if err := store.Reindex(working, func(p elastic.ReindexProgress) {
				done.add(p)
				shown.update(p)
			}); err != nil {
				return err
			}
		}
		return nil
	})
	err = group.Wait()
	shown.end()
	return done, errors.Join(err, held.Release(context.WithoutCancel(ctx)))
}

// reindexed is what a reindex has done.
type reindexed struct {
	partitions int
	records    int64 // of those before the last
	last       elastic.ReindexProgress
}

func (r *reindexed) add(p elastic.ReindexProgress) {
	if p.Partition != r.last.Partition {
		r.partitions, r.records = r.partitions+1, r.records+r.last.Copied
	}
	r.last = p
}

// String says it in words.
func (r reindexed) String() string {
	if r.partitions == 0 {
		return "nothing to do: all partitions are of the newest version"
	}
	return fmt.Sprintf("%d partitions made anew, %d records", r.partitions, r.records+r.last.Copied)
}

// reindexProgress shows how far each partition is.
type reindexProgress struct {
	streams   streams
	partition string
	bar       *terminal.Progress
}

func (r *reindexProgress) update(p elastic.ReindexProgress) {
	if p.Partition != r.partition {
		r.end()
		r.partition = p.Partition
		r.bar = terminal.NewProgress(r.streams.err, fmt.Sprintf("%s (%d of %d)", p.Partition, p.Number, p.Of), p.Estimate)
	}
	r.bar.Update(p.Copied, p.Copied)
}

func (r *reindexProgress) end() {
	if r.bar != nil {
		r.bar.Clear()
	}
}
