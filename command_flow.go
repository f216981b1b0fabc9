package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/client"
	"github.com/authtrail/authtrail/queries"
	"github.com/authtrail/authtrail/terminal"
)

type flowCommand struct {
	ID     string `arg:"" help:"The attempt's request id, or the id of a login flow."`
	Org    string `placeholder:"ORG" help:"Its org, where several have the same request id."`
	remote `embed:""`
}

// Run implements the command.
func (c flowCommand) Run(ctx context.Context, s streams) error {
	server, release, err := c.connect(ctx, s, false)
	if err != nil {
		return err
	}
	defer release()
	raw, err := c.find(ctx, server)
	if err != nil {
		return err
	}
	if raw == nil {
		return exitError{exitNothing, fmt.Errorf("no login flow has the id %q", c.ID)}
	}
	if c.JSON {
		return printLines(s.out, []json.RawMessage{raw})
	}
	var flow flowView
	if err := json.Unmarshal(raw, &flow); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return flow.print(s.out)
}

// find looks the id up as a request id and, if there is none, as a flow's id.
// It returns nil when nothing has it.
func (c flowCommand) find(ctx context.Context, server *client.Client) (json.RawMessage, error) {
	var data struct{ Flow json.RawMessage }
	byRequest := map[string]any{"id": c.ID}
	if c.Org != "" {
		byRequest["orgId"] = c.Org
	}
	if err := server.Query(ctx, queries.FlowByRequest, byRequest, &data); err != nil {
		return nil, err
	}
	if found(data.Flow) {
		return data.Flow, nil
	}
	var badID *client.Error
	err := server.Query(ctx, queries.FlowByID, map[string]any{"id": c.ID}, &data)
	if asBadInput(err, &badID) { // it is no id of a node either
		return nil, nil
	}
	if err != nil || !found(data.Flow) {
		return nil, err
	}
	return data.Flow, nil
}

// found reports whether a value is there: neither null nor an object without
// members, which is what a node of another type leaves.
func found(value json.RawMessage) bool {
	return len(value) > 0 && string(value) != "null" && string(value) != "{}"
}

// flowView is a login flow, as far as it is shown.
type flowView struct {
	row
	UpstreamIDP string
	SourceIPs   []string
	Stages      []struct {
		EventName, Result *string
		StartedAt         time.Time
		GapMS             float64
	}
	Verdict struct{ Text string }
}

func (f flowView) print(w io.Writer) error {
	about := []string{f.Outcome, f.user(), f.ApplicationName, f.UpstreamIDP, strings.Join(f.SourceIPs, ", ")}
	about = slices.DeleteFunc(about, func(part string) bool { return part == "" })
	_, err := fmt.Fprintf(w, "%s\n\n%s\n%s, %s\n\n", terminal.Clean(f.Verdict.Text), terminal.Clean(strings.Join(about, " · ")),
		f.StartedAt.Local().Format("Monday 2 January 2006 15:04:05.000 MST"),
		terminal.Seconds(time.Duration(f.DurationMS*float64(time.Millisecond))))
	if err != nil {
		return err
	}
	steps := make([]terminal.Step, len(f.Stages))
	for i, stage := range f.Stages {
		steps[i] = terminal.Step{Name: text(stage.EventName), Result: text(stage.Result),
			Offset: stage.StartedAt.Sub(f.StartedAt), Gap: time.Duration(stage.GapMS * float64(time.Millisecond))}
	}
	return terminal.Waterfall(w, terminal.Width(w), steps)
}

func text(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

// asBadInput reports whether the server found fault with what was asked.
func asBadInput(err error, target **client.Error) bool {
	return errors.As(err, target) && (*target).Code == string(audit.BadUserInput)
}
