package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/authtrail/authtrail/client"
	"github.com/authtrail/authtrail/queries"
	"github.com/authtrail/authtrail/terminal"
)

type compareCommand struct {
	A      string `arg:"" help:"The attempt to understand: any id that authtrail flow takes."`
	B      string `arg:"" optional:"" help:"The attempt to compare it with; the user's last one before it that succeeded, unless given."`
	Org    string `placeholder:"ORG" help:"The org of both, where several have the same id."`
	remote `embed:""`
}

// Run implements the command.
func (c compareCommand) Run(ctx context.Context, s streams) error {
	server, release, err := c.connect(ctx, s, false)
	if err != nil {
		return err
	}
	defer release()
	variables := map[string]any{}
	if variables["a"], err = c.one(ctx, server, s, c.A); err != nil {
		return err
	}
	if c.B != "" {
		if variables["b"], err = c.one(ctx, server, s, c.B); err != nil {
			return err
		}
	}
	var data struct{ Comparison json.RawMessage }
	if err := server.Query(ctx, queries.CompareFlows, variables, &data); err != nil {
		return err
	}
	if !found(data.Comparison) { // removed since they were found
		return noFlow(c.A, c.Org)
	}
	var view comparisonView
	if err := json.Unmarshal(data.Comparison, &view); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if c.JSON {
		err = printLines(s.out, []json.RawMessage{data.Comparison})
	} else {
		err = view.print(s.out)
	}
	if err == nil && view.B == nil {
		return exitError{exitNothing, fmt.Errorf("%s; to compare it with another: authtrail compare %s OTHER", view.whyAlone(), c.A)}
	}
	return err
}

// one returns the id of the one flow that an id leads to.
func (c compareCommand) one(ctx context.Context, server *client.Client, s streams, id string) (string, error) {
	found, err := flowsWith(ctx, server, id, c.Org)
	if err != nil {
		return "", err
	}
	if len(found.rows) > 1 {
		if err := found.table(s.err); err != nil {
			return "", err
		}
		return "", fmt.Errorf("%s; name one of them", found.howMany(id))
	}
	return found.rows[0].ID, nil
}

func (v comparisonView) print(w io.Writer) error {
	drawn, err := v.drawn(terminal.ScreenOf(w))
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, drawn)
	return err
}
