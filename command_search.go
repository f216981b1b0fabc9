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
	Flows  bool   `help:"List login flows instead of records: those whose records together match."`
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
	more, err := c.eachPage(ctx, server, func(nodes []json.RawMessage) error {
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
		return exitError{exitNothing, errors.New("nothing matches" + c.otherWords())}
	}
	columns := recordColumns
	if c.Flows {
		columns = flowColumns
	}
	if err := printTable(s.out, columns, rows); err != nil {
		return err
	}
	if more {
		fmt.Fprintf(s.err, "authtrail: these are the newest %d; -n %d lists more\n", found, 10*found)
	}
	return nil
}

// connection is a page of either list.
type connection struct {
	Nodes    []json.RawMessage
	PageInfo struct {
		HasNextPage bool
		EndCursor   *string
	}
}

// eachPage follows the pages until there were enough nodes or there are no more,
// and reports whether there are.
func (c searchCommand) eachPage(ctx context.Context, server *client.Client, take func([]json.RawMessage) error) (more bool, err error) {
	document := queries.SearchRecords
	if c.Flows {
		document = queries.SearchFlows
	}
	var after *string
	for left := c.Limit; ; {
		var data struct{ AuthAudits, LoginFlows connection }
		variables := map[string]any{"search": c.Search, "first": min(pageSize, left), "after": after}
		if err := server.Query(ctx, document, variables, &data); err != nil {
			return false, err
		}
		page := data.AuthAudits
		if c.Flows {
			page = data.LoginFlows
		}
		if err := take(page.Nodes); err != nil {
			return false, err
		}
		left -= len(page.Nodes)
		if more = page.PageInfo.HasNextPage && page.PageInfo.EndCursor != nil; left <= 0 || !more {
			return more, nil
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
	cell func(row) terminal.Cell
}

// The columns of both lists; the times are written as there is room.
func recordColumns(time timeFormat) []tableColumn {
	return []tableColumn{
		{terminal.Column{Title: "TIME", Min: time.width()}, func(r row) terminal.Cell { return quiet(time.of(r.Time)) }},
		{terminal.Column{Title: "USER", Enough: 16, Min: 8}, func(r row) terminal.Cell { return plain(r.user()) }},
		{terminal.Column{Title: "EVENT", Enough: 14, Min: 8}, func(r row) terminal.Cell { return plain(firstOf(r.EventName, r.Stage)) }},
		{terminal.Column{Title: "RESULT", Enough: 10, Min: 7}, row.result},
		{terminal.Column{Title: "APPLICATION", Enough: 11, Optional: 1}, func(r row) terminal.Cell { return plain(r.ApplicationName) }},
		{terminal.Column{Title: "FROM", Enough: 13, Optional: 2}, func(r row) terminal.Cell { return plain(r.SourceIP) }},
		{terminal.Column{Title: "REQUEST", Min: 9, ID: true}, func(r row) terminal.Cell { return plain(r.RequestID) }},
	}
}

func flowColumns(time timeFormat) []tableColumn {
	return []tableColumn{
		{terminal.Column{Title: "STARTED", Min: time.width()}, func(r row) terminal.Cell { return quiet(time.of(r.StartedAt)) }},
		{terminal.Column{Title: "TOOK", Min: 7, Right: true, Optional: 1}, func(r row) terminal.Cell { return plain(terminal.Duration(r.took())) }},
		{terminal.Column{Title: "OUTCOME", Min: 13}, row.outcome},
		{terminal.Column{Title: "USER", Enough: 18, Min: 9}, func(r row) terminal.Cell { return plain(r.user()) }},
		{terminal.Column{Title: "APPLICATION", Enough: 11, Optional: 2}, func(r row) terminal.Cell { return plain(r.ApplicationName) }},
		{terminal.Column{Title: "LAST STAGE", Enough: 14, Optional: 3}, func(r row) terminal.Cell { return plain(r.LastStage) }},
		{terminal.Column{Title: "REQUEST", Min: 9, ID: true}, func(r row) terminal.Cell { return plain(cmp.Or(r.RequestID, r.ID)) }},
	}
}

func plain(text string) terminal.Cell { return terminal.Cell{Text: text} }
func quiet(text string) terminal.Cell { return terminal.Cell{Text: text, Style: terminal.Quiet} }

// timeFormat is how a list writes times, as the person at the terminal reads clocks.
type timeFormat string

const (
	wholeTime timeFormat = "2006-01-02 15:04:05"
	shortTime timeFormat = "01-02 15:04:05"
	briefTime timeFormat = "01-02 15:04"
)

// timeFormatFor returns the longest that leaves room for the other columns.
func timeFormatFor(screen terminal.Screen) timeFormat {
	switch {
	case screen.Width < 80:
		return briefTime
	case screen.Width < terminal.Page:
		return shortTime
	}
	return wholeTime
}

func (f timeFormat) of(t time.Time) string { return t.Local().Format(string(f)) }
func (f timeFormat) width() int            { return len(f) }

// row is a record or a flow, as far as the columns show it.
type row struct {
	ID, OrgID                       string
	Time, StartedAt                 time.Time
	EventName, Stage, Result, Event string
	UserID, UpstreamUserID          string
	ApplicationName, SourceIP       string
	RequestID, Outcome, LastStage   string
	DurationMS                      float64
}

func (r row) user() string { return firstOf(r.UpstreamUserID, r.UserID) }

// title says who wanted to get where.
func (r row) title() string {
	if r.ApplicationName == "" {
		return r.user()
	}
	return r.user() + " → " + r.ApplicationName
}

func (r row) took() time.Duration { return time.Duration(r.DurationMS * float64(time.Millisecond)) }

func (r row) outcome() terminal.Cell {
	word, style := terminal.Outcome(r.Outcome)
	return terminal.Cell{Text: word, Style: style}
}

func (r row) result() terminal.Cell {
	result := firstOf(r.Result, r.Event)
	return terminal.Cell{Text: result, Style: terminal.ResultStyle(result)}
}

// firstOf returns the first value that is not empty, or a dash.
func firstOf(values ...string) string { return cmp.Or(cmp.Or(values...), "-") }

// printTable writes nodes in columns that fit where they are seen.
func printTable(w io.Writer, columnsOf func(timeFormat) []tableColumn, nodes []json.RawMessage) error {
	screen := terminal.ScreenOf(w)
	columns := columnsOf(timeFormatFor(screen))
	heads := make([]terminal.Column, len(columns))
	for i, column := range columns {
		heads[i] = column.Column
	}
	cells := make([][]terminal.Cell, len(nodes))
	for i, node := range nodes {
		var r row
		if err := json.Unmarshal(node, &r); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		for _, column := range columns {
			cells[i] = append(cells[i], column.cell(r))
		}
	}
	return terminal.Table(w, screen, heads, cells)
}

// line is a record on one line, for output that has no end and so no columns to
// fit. What the record lacks is left out, but for the user.
func (r row) line(screen terminal.Screen) string {
	result := r.result()
	parts := []string{
		screen.Paint(terminal.Quiet, wholeTime.of(r.Time)),
		terminal.Clean(firstOf(r.EventName, r.Stage)) + ": " + screen.Paint(result.Style, terminal.Clean(result.Text)),
	}
	for _, part := range []string{r.user(), r.ApplicationName, prefixed("from ", r.SourceIP), r.RequestID} {
		if part != "" {
			parts = append(parts, terminal.Clean(part))
		}
	}
	return strings.Join(parts, "  ")
}
