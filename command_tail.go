package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/client"
	"github.com/authtrail/authtrail/queries"
	"github.com/authtrail/authtrail/terminal"
)

type tailCommand struct {
	Search string `arg:"" optional:"" help:"Show only what matches, in the search language (docs/search.md)."`
	State  string `type:"path" placeholder:"FILE" help:"File that remembers how far was shown, so that the next tail goes on from there."`
	remote `embed:""`
}

// quietFor is how long nothing comes before tail moves its position past what did
// not match, so that the next one does not begin by reading all that again.
const quietFor = time.Minute

// reconnectAfter is how long a broken connection is left alone before the next try.
const reconnectAfter = time.Second

// Run implements the command. It ends when ctx does, which is no failure.
func (c tailCommand) Run(ctx context.Context, s streams) error {
	server, release, err := c.connect(ctx, s, false)
	if err != nil {
		return err
	}
	defer release()
	t := &tail{command: c, server: server, streams: s, quiet: quietFor}
	if err := t.start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	for {
		err := t.follow(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case t.failure != nil:
			return t.failure
		case isFinal(err):
			return err
		}
		t.excuse(err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(reconnectAfter):
		}
	}
}

// isFinal reports whether the server's answer would be the same next time.
func isFinal(err error) bool {
	var refused *client.Error
	return errors.As(err, &refused) && refused.Code != string(audit.Unavailable) && refused.Code != string(audit.RateLimited)
}

// tail follows the records as they arrive.
type tail struct {
	command  tailCommand
	server   *client.Client
	streams  streams
	quiet    time.Duration
	position string // everything up to here that matches was shown
	failure  error  // what went wrong on this side, where trying again would not help
	excused  string // what was said last about the connection
}

// excuse says why nothing comes, once for as long as the reason stays the same.
func (t *tail) excuse(err error) {
	reason := "the server ended it"
	if err != nil {
		reason = err.Error()
	}
	if reason != t.excused {
		fmt.Fprintf(t.streams.err, "authtrail: the connection ended (%s); trying again until it is back\n", reason)
		t.excused = reason
	}
}

// start finds where to begin: where the state file left off, else at the end.
// The end is asked for before subscribing, so that nothing is missed when the
// connection breaks before the first record.
func (t *tail) start(ctx context.Context) error {
	if t.command.State != "" {
		saved, err := os.ReadFile(t.command.State)
		if err == nil {
			if t.position = strings.TrimSpace(string(saved)); t.position == "" {
				return fmt.Errorf("the state file %s is empty: it does not say how far was shown; remove it to begin with what comes from now on", t.command.State)
			}
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read the state: %w", err)
		}
	}
	return t.moveTo(t.end(ctx))
}

// end returns the position after what is stored.
func (t *tail) end(ctx context.Context) (string, error) {
	var data struct{ AuthAudits struct{ Position string } }
	err := t.server.Query(ctx, queries.FeedEnd, nil, &data)
	return data.AuthAudits.Position, err
}

// follow shows records until the subscription ends.
func (t *tail) follow(ctx context.Context) error {
	for {
		live, stop := context.WithCancel(ctx)
		quiet := time.AfterFunc(t.quiet, stop)
		err := t.subscribe(live, true, func() { quiet.Reset(t.quiet) })
		isQuiet := live.Err() != nil && ctx.Err() == nil && t.failure == nil
		stop()
		if !isQuiet {
			return err
		}
		if err := t.catchUp(ctx); err != nil {
			return err
		}
	}
}

// catchUp shows what is stored and moves the position to its end. That is asked
// for first: what is stored meanwhile comes after it.
func (t *tail) catchUp(ctx context.Context) error {
	end, err := t.end(ctx)
	if err != nil {
		return err
	}
	shown := false
	if err := t.subscribe(ctx, false, func() { shown = true }); err != nil || shown {
		return err
	}
	t.failure = t.moveTo(end, nil)
	return t.failure
}

// subscribe shows records, each of which it tells of, until the subscription ends.
func (t *tail) subscribe(ctx context.Context, follow bool, came func()) error {
	variables := map[string]any{"search": t.command.Search, "follow": follow}
	if t.position != "" {
		variables["after"] = t.position
	}
	return t.server.Subscribe(ctx, queries.Tail, variables, func(data json.RawMessage) error {
		came()
		t.excused = ""
		var result struct{ AuthAuditAdded json.RawMessage }
		if err := json.Unmarshal(data, &result); err != nil {
			t.failure = fmt.Errorf("read the answer: %w", err)
		} else {
			t.failure = t.show(result.AuthAuditAdded)
		}
		return t.failure
	})
}

// show writes a record and then remembers that it did: after a crash a record
// may be shown again, but none is left out.
func (t *tail) show(raw json.RawMessage) error {
	var record struct {
		row
		Position string
	}
	if err := json.Unmarshal(raw, &record); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	line := string(raw)
	if !t.command.JSON {
		line = record.line(terminal.ScreenOf(t.streams.out))
	}
	if _, err := fmt.Fprintln(t.streams.out, line); err != nil {
		return err
	}
	return t.moveTo(record.Position, nil)
}

// moveTo takes the position, unless it could not be had, and remembers it.
func (t *tail) moveTo(position string, err error) error {
	if err != nil {
		return err
	}
	t.position = position
	return t.save()
}

// save writes the position into the state file, whole or not at all.
func (t *tail) save() error {
	if t.command.State == "" {
		return nil
	}
	temporary := filepath.Join(filepath.Dir(t.command.State), "."+filepath.Base(t.command.State)+".new")
	if err := os.WriteFile(temporary, []byte(t.position+"\n"), 0o600); err != nil {
		return fmt.Errorf("save the state: %w", err)
	}
	if err := os.Rename(temporary, t.command.State); err != nil {
		return fmt.Errorf("save the state: %w", err)
	}
	return nil
}
