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
	drawn, err := flow.drawn(terminal.ScreenOf(s.out))
	if err != nil {
		return err
	}
	_, err = io.WriteString(s.out, drawn)
	return err
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
	OrgID, UpstreamIDP              string
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

// title says who wanted to get where.
func (f flowView) title() string {
	if f.ApplicationName == "" {
		return firstOf(f.user())
	}
	return firstOf(f.user()) + " → " + f.ApplicationName
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

// drawing is text that is made to fit a screen.
type drawing struct {
	screen terminal.Screen
	text   strings.Builder
}

// line adds a line as it is.
func (d *drawing) line(text string) { d.text.WriteString(text + "\n") }

// wrapped adds a text that others wrote, in lines that fit; those after the first are indented.
func (d *drawing) wrapped(text, indent string) {
	for i, line := range terminal.Wrap(terminal.Clean(text), d.screen.Width-len(indent)) {
		if i > 0 {
			line = indent + line
		}
		d.line(line)
	}
}

// facts adds what there is of some facts.
func (d *drawing) facts(facts ...string) {
	facts = slices.DeleteFunc(facts, func(fact string) bool { return fact == "" })
	if len(facts) > 0 {
		d.wrapped(strings.Join(facts, " · "), "  ")
	}
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
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
