package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/authtrail/authtrail/queries"
	"github.com/authtrail/authtrail/terminal"
)

// userErrors are what a mutation says that its caller can mend.
type userErrors []struct{ Message, Code string }

func (list userErrors) err() error {
	if len(list) == 0 {
		return nil
	}
	return fmt.Errorf("%s (%s)", list[0].Message, list[0].Code)
}

type testDestinationCommand struct {
	oneDestination `embed:""`
}

// Run implements the command.
func (c testDestinationCommand) Run(ctx context.Context, s streams) error {
	server, d, release, err := c.find(ctx, s)
	if err != nil {
		return err
	}
	defer release()
	var data struct {
		TestAuditDestination struct {
			Result     json.RawMessage
			UserErrors userErrors
		}
	}
	if err := server.Query(ctx, queries.TestDestination, map[string]any{"id": d.ID}, &data); err != nil {
		return err
	}
	answer := data.TestAuditDestination
	if err := answer.UserErrors.err(); err != nil {
		return err
	}
	return c.say(s.out, answer.Result)
}

// say says what the receiver said. That it did not take the event is a failure.
func (c testDestinationCommand) say(w io.Writer, text json.RawMessage) error {
	var result struct {
		Accepted   bool
		Message    string
		Status     *int
		DurationMS float64
		EventID    string
	}
	if err := json.Unmarshal(text, &result); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	status := ""
	if result.Status != nil {
		status = fmt.Sprintf(" with status %d", *result.Status)
	}
	took := terminal.Duration(time.Duration(result.DurationMS * float64(time.Millisecond)))
	said := terminal.Clean(prefixed(": ", result.Message))
	if c.JSON {
		if _, err := fmt.Fprintf(w, "%s\n", text); err != nil {
			return err
		}
	}
	switch {
	case !result.Accepted:
		return fmt.Errorf("not accepted%s after %s%s", status, took, said)
	case c.JSON:
		return nil
	}
	_, err := fmt.Fprintf(w, "accepted%s after %s%s\nthe event was %s\n", status, took, said, result.EventID)
	return err
}

type replayDestinationCommand struct {
	oneDestination `embed:""`
	From           string `required:"" placeholder:"TIME" help:"From when, inclusive: 2026-11-01T12:00:00Z, now-1day."`
	To             string `default:"now" placeholder:"TIME" help:"To when, exclusive."`
}

// Run implements the command.
func (c replayDestinationCommand) Run(ctx context.Context, s streams) error {
	server, d, release, err := c.find(ctx, s)
	if err != nil {
		return err
	}
	defer release()
	var data struct {
		ReplayAuditDestination struct {
			Replay     json.RawMessage
			UserErrors userErrors
		}
	}
	variables := map[string]any{"id": d.ID, "from": c.From, "to": c.To}
	if err := server.Query(ctx, queries.ReplayDestination, variables, &data); err != nil {
		return err
	}
	answer := data.ReplayAuditDestination
	if err := answer.UserErrors.err(); err != nil {
		return err
	}
	if c.JSON {
		return printLines(s.out, []json.RawMessage{answer.Replay})
	}
	var replay struct{ From, To time.Time }
	if err := json.Unmarshal(answer.Replay, &replay); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	_, err = fmt.Fprintf(s.out, "the events from %s to %s are sent again\n", wholeTime.of(replay.From), wholeTime.of(replay.To))
	return err
}

type resumeDestinationCommand struct {
	oneDestination `embed:""`
}

// Run implements the command.
func (c resumeDestinationCommand) Run(ctx context.Context, s streams) error {
	server, d, release, err := c.find(ctx, s)
	if err != nil {
		return err
	}
	defer release()
	var data struct {
		ResumeAuditDestination struct{ UserErrors userErrors }
	}
	if err := server.Query(ctx, queries.ResumeDestination, map[string]any{"id": d.ID}, &data); err != nil {
		return err
	}
	if err := data.ResumeAuditDestination.UserErrors.err(); err != nil || c.JSON {
		return err
	}
	_, err = fmt.Fprintln(s.out, resumed(d.Health.State))
	return err
}

// resumed says what resuming a delivery did that was in a state.
func resumed(state string) string {
	if state == "PAUSED" {
		return "the delivery goes on from where it was"
	}
	return "the delivery was not paused; its state is " + strings.ToLower(state)
}

type deadLettersCommand struct {
	oneDestination `embed:""`
	Limit          int `default:"50" short:"n" placeholder:"N" help:"How many to list at most."`
}

// Run implements the command.
func (c deadLettersCommand) Run(ctx context.Context, s streams) error {
	if c.Limit < 1 {
		return exitError{exitUsage, fmt.Errorf("--limit %d: must be more than 0", c.Limit)}
	}
	server, d, release, err := c.find(ctx, s)
	if err != nil {
		return err
	}
	defer release()
	var letters []json.RawMessage
	for before := (*string)(nil); len(letters) < c.Limit; {
		var data struct {
			Node struct{ DeadLetters []json.RawMessage }
		}
		want := min(pageSize, c.Limit-len(letters))
		if err := server.Query(ctx, queries.DeadLetters, map[string]any{"id": d.ID, "first": want, "before": before}, &data); err != nil {
			return err
		}
		letters = append(letters, data.Node.DeadLetters...)
		if len(data.Node.DeadLetters) < want {
			break
		}
		var last struct{ ID string }
		if err := json.Unmarshal(letters[len(letters)-1], &last); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		before = &last.ID
	}
	switch {
	case len(letters) == 0:
		return exitError{exitNothing, errors.New("the receiver has refused nothing")}
	case c.JSON:
		return printLines(s.out, letters)
	}
	return printLetters(s.out, letters)
}

func printLetters(w io.Writer, letters []json.RawMessage) error {
	screen := terminal.ScreenOf(w)
	format := timeFormatFor(screen)
	rows := make([][]terminal.Cell, len(letters))
	for i, letter := range letters {
		var l struct {
			EventID, Reason string
			At              time.Time
		}
		if err := json.Unmarshal(letter, &l); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		rows[i] = []terminal.Cell{quiet(format.of(l.At)), plain(l.EventID), plain(l.Reason)}
	}
	return terminal.Table(w, screen, []terminal.Column{{Title: "REFUSED", Min: format.width()},
		{Title: "EVENT", Min: 9, ID: true}, {Title: "REASON", Enough: 30, Min: 10}}, rows)
}
