package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/demo"
)

type demoCommand struct {
	Listen string        `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Loopback address to listen on."`
	Logins int           `default:"300" placeholder:"N" help:"How many past logins to make up; at least 200."`
	Every  time.Duration `default:"3s" placeholder:"TIME" help:"How often a new login happens."`
}

// minDemoLogins is the least that shows every outcome often enough to look around in.
const minDemoLogins = 200

// demoPatience is how long the demo waits until its flows are built, which takes well under a second.
const demoPatience = time.Minute

// Run implements the command.
func (c demoCommand) Run(ctx context.Context, s streams) error {
	if c.Logins < minDemoLogins || c.Every <= 0 {
		return exitError{exitUsage, fmt.Errorf("--logins must be at least %d, and --every more than 0", minDemoLogins)}
	}
	folder, err := os.MkdirTemp("", "authtrail-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer os.RemoveAll(folder)
	config := defaultConfig()
	config.Listen, config.Data, config.LogLevel = c.Listen, folder, "warn"
	config.Delivery.Allow = []string{"127.0.0.0/8", "::1"} // to try destinations with a receiver on this machine
	if err := config.Validate(); err != nil {
		return exitError{exitUsage, err}
	}
	generator := demo.NewGenerator(uint64(time.Now().UnixNano()), "demo")
	var running sync.WaitGroup
	defer running.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	return serve(ctx, config, s, func(url string, app *application) error {
		past := append(generator.Past(c.Logins-intruderAttempts, 7*24*time.Hour, time.Now()), intruder(time.Now())...)
		if _, err := app.indexer.Ingest(ctx, audit.Everyone(), past); err != nil {
			return fmt.Errorf("store the demo's logins: %w", err)
		}
		if err := app.flows.builder.CatchUp(ctx, demoPatience); err != nil {
			return fmt.Errorf("build the demo's login flows: %w", err)
		}
		running.Go(func() { c.goOn(ctx, app, generator) })
		_, err := fmt.Fprint(s.out, demoText(url, folder, c.Logins, len(past)))
		return err
	})
}

// goOn lets a new login begin every few seconds, and each go on at its own pace.
func (c demoCommand) goOn(ctx context.Context, app *application, generator *demo.Generator) {
	send := func(event json.RawMessage) {
		if _, err := app.indexer.Ingest(ctx, audit.Everyone(), []json.RawMessage{event}); err != nil && ctx.Err() == nil {
			app.logger.Error("store a demo login", "error", err)
		}
	}
	var logins sync.WaitGroup
	defer logins.Wait()
	ticker := time.NewTicker(c.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			events := generator.Next(now)
			logins.Go(func() { demo.Play(ctx, events, send) })
		}
	}
}

// demoText tells a person where to look and what to try.
func demoText(url, folder string, flows, events int) string {
	return fmt.Sprintf(`
%d logins of the past week are stored, those of an intruder among them, %d events in all; a new one happens every few seconds.
Ctrl-C ends the demo and removes its folder, %[4]s, with everything in it.

  Playground   %[3]s/graphiql      open this in a browser
  GraphQL      %[3]s/graphql
  REST         %[3]s/v1/auth_audits

In another terminal; without --server, commands look into ./data and not into the demo:

  authtrail search --flows outcome:failed --server %[3]s
  authtrail flow req-of-the-intruder-12 --server %[3]s
  authtrail tail --server %[3]s

Four things to try in the playground (its tabs hold these and more):

  Why was somebody kept out of Water SCADA?
    { authAudits(search: "denied \"water scada\"", first: 5) { nodes { time upstreamUserId loginFlow { outcome verdict { text } } } } }

  What looks like an attack, and did it succeed?
    { detections { nodes { severity text flows { startedAt outcome tokenIds } } } }

  What did the sessions of new tokens do next?
    { authAudits(search: "event_name:Token", first: 5) { nodes { upstreamUserId sessionView { audits { nodes { time action targetResourceName } } } } } }

  How do logins end, hour by hour?
    { authAudits { facets(fields: [RESULT]) { field values { value count } } histogram(interval: HOUR) { start count } } }

`, flows, events, url, folder)
}
