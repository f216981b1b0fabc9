package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/client"
	"github.com/authtrail/authtrail/terminal"
)

type flowCommand struct {
	ID     string `arg:"" help:"The attempt's request id, or the id of a login flow, of a token, session or trace of it, or the unique_id of a record."`
	Org    string `placeholder:"ORG" help:"Its org, where several have the same id."`
	remote `embed:""`
}

// Run implements the command.
func (c flowCommand) Run(ctx context.Context, s streams) error {
	server, release, err := c.connect(ctx, s, false)
	if err != nil {
		return err
	}
	defer release()
	found, err := flowsWith(ctx, server, c.ID, c.Org)
	switch {
	case err != nil:
		return err
	case len(found.nodes) > 1:
		return c.list(s, found)
	}
	raw, err := flowByID(ctx, server, found.rows[0].ID)
	if err != nil {
		return err
	}
	if raw == nil { // removed since it was found
		return noFlow(c.ID, c.Org)
	}
	if c.JSON {
		return printLines(s.out, []json.RawMessage{raw})
	}
	var flow flowView
	if err := json.Unmarshal(raw, &flow); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	drawn, err := flow.drawn(terminal.ScreenOf(s.out))
	if err != nil {
		return err
	}
	_, err = io.WriteString(s.out, drawn)
	return err
}

// list lists the flows of an id that several have, and says how to see one.
func (c flowCommand) list(s streams, found foundFlows) error {
	if c.JSON {
		if err := printLines(s.out, found.nodes); err != nil {
			return err
		}
	} else if err := found.table(s.out); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "authtrail: %s; %s\n", found.howMany(c.ID), found.howToOpen("authtrail flow"))
	return nil
}

// found reports whether a value is there: neither null nor an object without
// members, which is what a node of another type leaves.
func found(value json.RawMessage) bool {
	return len(value) > 0 && string(value) != "null" && string(value) != "{}"
}

// flowView is a login flow, as far as it is shown.
type flowView struct {
	row
	UpstreamIDP                     string
	SourceIPs, UserAgents, TokenIDs []string
	Stages                          []struct {
		EventName, Result *string
		StartedAt         time.Time
		GapMS             float64
		Records           []recordID
	}
	Links []struct {
		Record        recordID
		Via, Strength string
	}
	Conflicts []struct{ Key, Value, Reason string }
	Verdict   struct{ Text string }
}

type recordID struct{ UniqueID string }

// drawn returns the flow as a person sees it: how it ended and why, what is known of
// it, its steps in time, and what is not certain.
func (f flowView) drawn(screen terminal.Screen) (string, error) {
	d := drawing{screen: screen}
	word, style := terminal.Outcome(f.Outcome)
	d.line(screen.Paint(style, strings.ToUpper(word)) + "  " + screen.Paint(terminal.Strong, terminal.Clean(f.title())))
	d.line("")
	d.wrapped(f.Verdict.Text, "")
	d.line("")
	d.line(f.StartedAt.Local().Format("Monday 2 January 2006 15:04:05.000 MST") + " · " + terminal.Duration(f.took()))
	d.facts(prefixed("through ", f.UpstreamIDP), prefixed("from ", strings.Join(f.SourceIPs, ", ")), prefixed("with ", strings.Join(f.UserAgents, ", ")))
	d.facts(prefixed("request ", f.RequestID), prefixed("org ", f.OrgID), prefixed("token ", strings.Join(f.TokenIDs, ", ")))
	d.line("")
	if err := terminal.Waterfall(&d.text, screen, f.steps()); err != nil {
		return "", err
	}
	f.doubts(&d)
	return d.text.String(), nil
}

// steps are what the waterfall draws: the stages, each marked by the weakest tie of its records.
func (f flowView) steps() []terminal.Step {
	marks := map[string]terminal.Mark{}
	for _, link := range f.Links {
		marks[link.Record.UniqueID] = markOf(link.Strength)
	}
	steps := make([]terminal.Step, len(f.Stages))
	for i, stage := range f.Stages {
		step := terminal.Step{Name: text(stage.EventName), Result: text(stage.Result), Mark: terminal.Sure,
			Offset: stage.StartedAt.Sub(f.StartedAt), Gap: time.Duration(stage.GapMS * float64(time.Millisecond))}
		step.Style = terminal.ResultStyle(step.Result)
		if n := len(stage.Records); n > 1 {
			step.Name = fmt.Sprintf("%s ×%d", step.Name, n)
		}
		for _, record := range stage.Records {
			if mark := marks[record.UniqueID]; mark == terminal.Loose || mark == terminal.Tied && step.Mark == terminal.Sure {
				step.Mark = mark
			}
		}
		steps[i] = step
	}
	return steps
}

func markOf(strength string) terminal.Mark {
	switch strength {
	case string(audit.Strong):
		return terminal.Tied
	case string(audit.Weak):
		return terminal.Loose
	}
	return terminal.Sure
}

// doubts tells what is not certain of the flow: records that are tied to it by
// less than a request id, and ids that were not followed.
func (f flowView) doubts(d *drawing) {
	tied := map[string][]string{}
	var order []string
	for _, link := range f.Links {
		if mark := markOf(link.Strength); mark != terminal.Sure {
			how := fmt.Sprintf("%c tied by the %s, which is %s: ", mark, strings.ToLower(link.Via), strings.ToLower(link.Strength))
			if tied[how] == nil {
				order = append(order, how)
			}
			tied[how] = append(tied[how], link.Record.UniqueID)
		}
	}
	if len(order)+len(f.Conflicts) > 0 {
		d.line("")
	}
	for _, how := range order {
		d.wrapped(how+strings.Join(tied[how], ", "), "  ")
	}
	for _, c := range f.Conflicts {
		d.wrapped(fmt.Sprintf("! not followed: %s %s: %s", c.Key, c.Value, c.Reason), "  ")
	}
}

// asBadInput reports whether the server found fault with what was asked.
func asBadInput(err error, target **client.Error) bool {
	return errors.As(err, target) && (*target).Code == string(audit.BadUserInput)
}
