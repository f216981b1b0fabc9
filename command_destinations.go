package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/authtrail/authtrail/client"
	"github.com/authtrail/authtrail/queries"
	"github.com/authtrail/authtrail/terminal"
)

type destinationsCommand struct {
	List        listDestinationsCommand  `cmd:"" default:"withargs" help:"List the destinations, and how their deliveries go."`
	Test        testDestinationCommand   `cmd:"" help:"Send a marked event, and say what the receiver said."`
	Replay      replayDestinationCommand `cmd:"" help:"Have the events of a time sent again, beside what is new."`
	DryRun      dryRunCommand            `cmd:"" help:"Say how many events of the last days it would have been sent; nothing is sent."`
	Resume      resumeDestinationCommand `cmd:"" help:"Go on with a delivery that was paused."`
	DeadLetters deadLettersCommand       `cmd:"" help:"List the events that the receiver refused for good, the latest first."`
}

// destinationView is a destination as the list shows it.
type destinationView struct {
	ID, DestinationID, Name, OrgID string
	DestinationType                string
	Health                         struct {
		State       string
		LastError   *string
		Delivered   int64
		DeadLetters int64
		LagEvents   *int64
		LagSeconds  float64
	}
}

type listDestinationsCommand struct {
	remote `embed:""`
}

// Run implements the command.
func (c listDestinationsCommand) Run(ctx context.Context, s streams) error {
	server, release, err := c.connect(ctx, s, false)
	if err != nil {
		return err
	}
	defer release()
	nodes, err := allDestinations(ctx, server, queries.Destinations)
	switch {
	case err != nil:
		return err
	case len(nodes) == 0:
		return exitError{exitNothing, errors.New("there are no destinations")}
	case c.JSON:
		return printLines(s.out, nodes)
	}
	rows := make([][]terminal.Cell, len(nodes))
	for i, node := range nodes {
		var d destinationView
		if err := json.Unmarshal(node, &d); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		rows[i] = d.cells()
	}
	return terminal.Table(s.out, terminal.ScreenOf(s.out), []terminal.Column{
		{Title: "NAME", Enough: 20, Min: 8}, {Title: "ORG", Enough: 10, Optional: 3}, {Title: "TYPE", Min: 7, Optional: 1}, {Title: "STATE", Min: 10},
		{Title: "LAG", Min: 6}, {Title: "DELIVERED", Min: 9, Right: true, Optional: 5}, {Title: "REFUSED", Min: 7, Right: true, Optional: 2},
		{Title: "LAST ERROR", Enough: 20, Min: 10}, {Title: "ID", Min: 9, ID: true, Optional: 4},
	}, rows)
}

func (d destinationView) cells() []terminal.Cell {
	failure := "-"
	if d.Health.LastError != nil {
		failure = *d.Health.LastError
	}
	return []terminal.Cell{
		plain(d.Name), plain(d.OrgID), plain(strings.ToLower(d.DestinationType)),
		{Text: strings.ToLower(d.Health.State), Style: stateStyle(d.Health.State)},
		plain(d.lag()), plain(strconv.FormatInt(d.Health.Delivered, 10)), d.refused(), plain(failure), quiet(d.DestinationID),
	}
}

// refused is how many events the receiver did not want, which somebody should look into.
func (d destinationView) refused() terminal.Cell {
	cell := plain(strconv.FormatInt(d.Health.DeadLetters, 10))
	if d.Health.DeadLetters > 0 {
		cell.Style = terminal.Bad
	}
	return cell
}

// lag is what waits to be sent, as far as that is known.
func (d destinationView) lag() string {
	events, waiting := d.Health.LagEvents, time.Duration(d.Health.LagSeconds*float64(time.Second))
	switch {
	case waiting == 0 && (events == nil || *events == 0):
		return "-"
	case events == nil:
		return terminal.Duration(waiting)
	}
	return fmt.Sprintf("%d, %s", *events, terminal.Duration(waiting))
}

func stateStyle(state string) terminal.Style {
	switch state {
	case "DELIVERING":
		return terminal.Good
	case "RETRYING", "PAUSED":
		return terminal.Bad
	}
	return terminal.Quiet
}

// allDestinations follows the pages of the list.
func allDestinations(ctx context.Context, server *client.Client, document string) ([]json.RawMessage, error) {
	var all []json.RawMessage
	for after := (*string)(nil); ; {
		var data struct{ AuditDestinations connection }
		if err := server.Query(ctx, document, map[string]any{"first": pageSize, "after": after}, &data); err != nil {
			return nil, err
		}
		page := data.AuditDestinations
		all = append(all, page.Nodes...)
		if !page.PageInfo.HasNextPage || page.PageInfo.EndCursor == nil {
			return all, nil
		}
		after = page.PageInfo.EndCursor
	}
}

// oneDestination are the commands about one destination.
type oneDestination struct {
	Destination string `arg:"" name:"id" help:"Its id, as the list and the REST API have it, or its name."`
	remote      `embed:""`
}

// find returns the server to ask, and the destination with its names and its state.
func (c oneDestination) find(ctx context.Context, s streams) (server *client.Client, found destinationView, release func(), err error) {
	server, release, err = c.connect(ctx, s, false)
	if err != nil {
		return nil, found, nil, err
	}
	if found, err = c.among(ctx, server); err != nil {
		release()
		return nil, found, nil, err
	}
	return server, found, release, nil
}

func (c oneDestination) among(ctx context.Context, server *client.Client) (none destinationView, err error) {
	nodes, err := allDestinations(ctx, server, queries.DestinationNames)
	if err != nil {
		return none, err
	}
	var named []destinationView
	for _, node := range nodes {
		var d destinationView
		if err := json.Unmarshal(node, &d); err != nil {
			return none, fmt.Errorf("read the answer: %w", err)
		}
		switch c.Destination {
		case d.ID, d.DestinationID:
			return d, nil
		case d.Name:
			named = append(named, d)
		}
	}
	switch len(named) {
	case 0:
		return none, exitError{exitNothing, fmt.Errorf("no destination has the id or the name %q", c.Destination)}
	case 1:
		return named[0], nil
	}
	return none, exitError{exitUsage, fmt.Errorf("%d organisations have a destination %q; give its id", len(named), c.Destination)}
}
