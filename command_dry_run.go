package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/queries"
)

type dryRunCommand struct {
	oneDestination `embed:""`
	Days           int `default:"7" placeholder:"N" help:"Of how many days the events are counted, until now."`
}

// Run implements the command.
func (c dryRunCommand) Run(ctx context.Context, s streams) error {
	if c.Days < 1 {
		return exitError{exitUsage, fmt.Errorf("--days %d: must be more than 0", c.Days)}
	}
	server, d, release, err := c.find(ctx, s)
	if err != nil {
		return err
	}
	defer release()
	var data struct{ AuditDestinationDryRun json.RawMessage }
	variables := map[string]any{"id": d.ID, "from": fmt.Sprintf("now-%dday", c.Days)}
	if err := server.Query(ctx, queries.DryRun, variables, &data); err != nil {
		return err
	}
	if c.JSON {
		return printLines(s.out, []json.RawMessage{data.AuditDestinationDryRun})
	}
	var counted struct {
		Events, Bytes, Examined float64
		Complete                bool
		From                    time.Time
	}
	if err := json.Unmarshal(data.AuditDestinationDryRun, &counted); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	which := "the events"
	if !counted.Complete {
		which = "the latest events, as many as could be read,"
	}
	_, err = fmt.Fprintf(s.out, "of %s since %s, which are %.0f, %.0f would have been sent, in %.0f bytes\n",
		which, wholeTime.of(counted.From), counted.Examined, counted.Events, counted.Bytes)
	return err
}
