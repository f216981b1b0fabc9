package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/authtrail/authtrail/client"
	"github.com/authtrail/authtrail/queries"
	"github.com/authtrail/authtrail/terminal"
)

type searchCommand struct {
	Search string `arg:"" optional:"" help:"What to look for, in the search language (docs/search.md); nothing lists the newest."`
	Flows  bool   `help:"List login flows instead of records: those with a record that matches."`
	Limit  int    `default:"50" short:"n" placeholder:"N" help:"How many to list at most."`
	remote `embed:""`
}

// pageSize is how many rows are asked for at once.
const pageSize = 200

// Run implements the command.
func (c searchCommand) Run(ctx context.Context, s streams) error {
	if c.Limit < 1 {
		return exitError{exitUsage, fmt.Errorf("--limit %d: must be more than 0", c.Limit)}
	}
	server, release, err := c.connect(ctx, s, false)
	if err != nil {
		return err
	}
	defer release()
	var rows []json.RawMessage // of a table, whose columns are fitted to all of them
	found := 0
	err = c.eachPage(ctx, server, func(nodes []json.RawMessage) error {
		found += len(nodes)
		if c.JSON {
			return printLines(s.out, nodes)
		}
		rows = append(rows, nodes...)
		return nil
	})
	switch {
	case err != nil || c.JSON && found > 0:
		return err
	case found == 0:
		return exitError{exitNothing, errors.New("nothing matches")}
	case c.Flows:
		return printTable(s.out, flowColumns, rows)
	}
	return printTable(s.out, recordColumns, rows)
}

// connection is a page of either list.
type connection struct {
	Nodes    []json.RawMessage
	PageInfo struct {
		HasNextPage bool
		EndCursor   *string
	}
}

// eachPage follows the pages until there were enough nodes or there are no more.
func (c searchCommand) eachPage(ctx context.Context, server *client.Client, take func([]json.RawMessage) error) error {
	document := queries.SearchRecords
	if c.Flows {
		document = queries.SearchFlows
	}
	var after *string
	for left := c.Limit; ; {
		var data struct{ AuthAudits, LoginFlows connection }
		variables := map[string]any{"search": c.Search, "first": min(pageSize, left), "after": after}
		if err := server.Query(ctx, document, variables, &data); err != nil {
			return err
		}
		page := data.AuthAudits
		if c.Flows {
			page = data.LoginFlows
		}
		if err := take(page.Nodes); err != nil {
			return err
		}
		left -= len(page.Nodes)
		if left <= 0 || !page.PageInfo.HasNextPage || page.PageInfo.EndCursor == nil {
			return nil
		}
		after = page.PageInfo.EndCursor
	}
}

// printLines writes JSON values, one a line.
func printLines(w io.Writer, values []json.RawMessage) error {
	for _, value := range values {
		if _, err := fmt.Fprintf(w, "%s\n", value); err != nil {
			return err
		}
	}
	return nil
}

// tableColumn is a column and what it shows of a row.
type tableColumn struct {
	terminal.Column
	cell func(row) string
}

var recordColumns = []tableColumn{
	{terminal.Column{Title: "TIME", Min: 19}, func(r row) string { return localTime(r.Time) }},
	{terminal.Column{Title: "USER", Min: 12}, row.user},
	{terminal.Column{Title: "EVENT", Min: 12}, func(r row) string { return firstOf(r.EventName, r.Stage) }},
	{terminal.Column{Title: "RESULT", Min: 8}, func(r row) string { return firstOf(r.Result, r.Event) }},
	{terminal.Column{Title: "APPLICATION", Min: 10}, func(r row) string { return r.ApplicationName }},
	{terminal.Column{Title: "FROM", Min: 9}, func(r row) string { return r.SourceIP }},
	{terminal.Column{Title: "REQUEST", Whole: true}, func(r row) string { return r.RequestID }},
}

var flowColumns = []tableColumn{
	{terminal.Column{Title: "STARTED", Min: 19}, func(r row) string { return localTime(r.StartedAt) }},
	{terminal.Column{Title: "TOOK", Min: 6}, func(r row) string {
		return terminal.Seconds(time.Duration(r.DurationMS * float64(time.Millisecond)))
	}},
	{terminal.Column{Title: "OUTCOME", Min: 9}, func(r row) string { return r.Outcome }},
	{terminal.Column{Title: "USER", Min: 12}, row.user},
	{terminal.Column{Title: "APPLICATION", Min: 10}, func(r row) string { return r.ApplicationName }},
	{terminal.Column{Title: "LAST STAGE", Min: 10}, func(r row) string { return r.LastStage }},
	{terminal.Column{Title: "REQUEST", Whole: true}, func(r row) string { return r.RequestID }},
}

// row is a record or a flow, as far as the columns show it.
type row struct {
	Time, StartedAt                 time.Time
	EventName, Stage, Result, Event string
	UserID, UpstreamUserID          string
	ApplicationName, SourceIP       string
	RequestID, Outcome, LastStage   string
	DurationMS                      float64
}

func (r row) user() string { return firstOf(r.UpstreamUserID, r.UserID) }

// localTime writes a time as the person at the terminal reads clocks.
func localTime(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// firstOf returns the first value that is not empty, or a dash.
func firstOf(values ...string) string { return cmp.Or(cmp.Or(values...), "-") }

func printTable(w io.Writer, columns []tableColumn, nodes []json.RawMessage) error {
	heads := make([]terminal.Column, len(columns))
	for i, column := range columns {
		heads[i] = column.Column
	}
	cells := make([][]string, len(nodes))
	for i, node := range nodes {
		var r row
		if err := json.Unmarshal(node, &r); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		for _, column := range columns {
			cells[i] = append(cells[i], column.cell(r))
		}
	}
	return terminal.Table(w, terminal.Width(w), heads, cells)
}

// line is a record on one line, for output that has no end and so no columns to
// fit. What the record lacks is left out, but for the user.
func (r row) line() string {
	parts := []string{localTime(r.Time), firstOf(r.EventName, r.Stage) + ": " + firstOf(r.Result, r.Event)}
	from := r.SourceIP
	if from != "" {
		from = "from " + from
	}
	for _, part := range []string{r.user(), r.ApplicationName, from, r.RequestID} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return terminal.Clean(strings.Join(parts, "  "))
}
