package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"

	"github.com/authtrail/authtrail/client"
	"github.com/authtrail/authtrail/terminal"
)

type importCommand struct {
	Files  []string `arg:"" name:"file" help:"Files of bulk events, one JSON object a line; - is standard input."`
	remote `embed:""`
}

// importReport is what an import says at the end, and prints with --json.
type importReport struct {
	New       int `json:"new"`
	Duplicate int `json:"duplicate"`
	Invalid   int `json:"invalid"`
}

// Run implements the command.
func (c importCommand) Run(ctx context.Context, s streams) error {
	for _, name := range c.Files {
		if err := readable(name); err != nil {
			return fmt.Errorf("import: %w", err)
		}
	}
	server, release, err := c.connect(ctx, s, true)
	if err != nil {
		return err
	}
	defer release()
	job := &importJob{ctx: ctx, server: server, streams: s, most: bulkEvents}
	for _, name := range c.Files {
		switch err := job.file(name); {
		case err != nil && ctx.Err() != nil:
			return exitError{exitFailed, fmt.Errorf("interrupted (so far %s)", job.report)}
		case err != nil:
			return fmt.Errorf("%w (so far %s)", err, job.report)
		}
	}
	if err := c.print(s, job.report); err != nil {
		return err
	}
	if job.report.Invalid > 0 {
		return exitError{code: exitPartly}
	}
	return nil
}

// readable finds a wrong name before anything is stored.
func readable(name string) error {
	if name == "-" {
		return nil
	}
	info, err := os.Stat(name)
	if err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder; name the files in it", name)
	}
	return err
}

func (c importCommand) print(s streams, report importReport) error {
	if c.JSON {
		return json.NewEncoder(s.out).Encode(report)
	}
	_, err := fmt.Fprintln(s.out, report)
	return err
}

// String says the report in words.
func (r importReport) String() string {
	return fmt.Sprintf("%d new, %d duplicate, %d invalid", r.New, r.Duplicate, r.Invalid)
}

// importJob sends the events of some files.
type importJob struct {
	ctx      context.Context
	server   *client.Client
	streams  streams
	report   importReport
	progress *terminal.Progress // of the file under way
	bad      int                // lines of it that were refused
	unshown  map[string]int     // how many of those that were not shown have which reason
	most     int                // events that the server takes at once, as far as it has refused more
}

// maxShown is how many bad lines of a file are reported one by one. The others are
// counted by their reason, of which so many are told apart.
const (
	maxShown   = 20
	maxReasons = 10
)

// file sends the events of one file.
func (j *importJob) file(name string) error {
	in, size := j.streams.in, int64(0)
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			size = info.Size()
		}
		in = file
	}
	j.progress = terminal.NewProgress(j.streams.err, name, size)
	j.bad, j.unshown = 0, map[string]int{}
	defer j.sumUp(name)
	lines := newLineReader(in)
	for {
		bulk, err := lines.next()
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		j.refuse(name, bulk.bad)
		if len(bulk.events) > 0 {
			if err := j.send(name, bulk); err != nil {
				return err
			}
		}
		j.progress.Update(lines.bytes, int64(j.report.New+j.report.Duplicate))
		if bulk.last {
			return nil
		}
	}
}

// send sends one bulk, in parts where the server says that it is too much at once.
func (j *importJob) send(name string, bulk lineBulk) error {
	for len(bulk.events) > 0 {
		part := bulk.first(j.most)
		err := j.sendPart(name, part)
		var refused *client.Error
		switch {
		case errors.As(err, &refused) && refused.Status == http.StatusRequestEntityTooLarge && len(part.events) > 1:
			j.most = len(part.events) / 2
		case err != nil:
			return err
		default:
			bulk = bulk.after(len(part.events))
		}
	}
	return nil
}

// sendPart sends events at once and reports, by line, what was invalid. Events that
// the server could not take now are sent again.
func (j *importJob) sendPart(name string, bulk lineBulk) error {
	for len(bulk.events) > 0 {
		result, err := j.server.Bulk(j.ctx, bulk.events)
		if err != nil {
			return fmt.Errorf("send %s, lines %d to %d: %w", name, bulk.lines[0], bulk.lines[len(bulk.lines)-1], err)
		}
		stored := len(bulk.events) - len(result.Discard) - len(result.Retry)
		j.report.New += stored
		j.refuse(name, j.judge(bulk, result.Discard))
		if bulk = bulk.again(result.Retry); len(bulk.events) > 0 {
			if err := pause(j.ctx, result.RetryAfter()); err != nil {
				return err
			}
		}
	}
	return nil
}

// judge counts the duplicates among what the server discarded, and returns the
// lines of the rest.
func (j *importJob) judge(bulk lineBulk, discarded []client.EventResult) []badLine {
	var bad []badLine
	var lines map[string]int
	for _, event := range discarded {
		if event.Status == "duplicate" {
			j.report.Duplicate++
			continue
		}
		if lines == nil {
			lines = bulk.linesByID()
		}
		bad = append(bad, badLine{lines[event.UniqueID], event.Message})
	}
	return bad
}

// refuse reports lines that are no events, or that the server refused, each with its number.
func (j *importJob) refuse(name string, bad []badLine) {
	if len(bad) > 0 && j.bad < maxShown {
		j.progress.Clear()
	}
	for _, line := range bad {
		j.report.Invalid++
		if j.bad++; j.bad > maxShown {
			reason := terminal.Clean(line.reason)
			if j.unshown[reason] == 0 && len(j.unshown) >= maxReasons {
				reason = "other reasons"
			}
			j.unshown[reason]++
			continue
		}
		fmt.Fprintf(j.streams.err, "%s:%d: %s\n", name, line.number, terminal.Clean(line.reason))
	}
}

// sumUp ends the report of a file.
func (j *importJob) sumUp(name string) {
	j.progress.Clear()
	if more := j.bad - maxShown; more > 0 {
		fmt.Fprintf(j.streams.err, "%s: %d more lines are invalid:\n", name, more)
	}
	reasons := slices.SortedFunc(maps.Keys(j.unshown), func(a, b string) int {
		return cmp.Or(cmp.Compare(j.unshown[b], j.unshown[a]), cmp.Compare(a, b))
	})
	for _, reason := range reasons {
		fmt.Fprintf(j.streams.err, "  %d: %s\n", j.unshown[reason], reason)
	}
}
