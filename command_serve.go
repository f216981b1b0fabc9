package main

import (
	"context"
	"fmt"
	"net"
)

type serveCommand struct {
	Config `embed:""`
}

// Run implements the command.
func (c serveCommand) Run(ctx context.Context, s streams) error {
	if err := c.Validate(); err != nil {
		return exitError{exitUsage, err}
	}
	limitMemory(c.Config)
	return serve(ctx, c.Config, s, func(string, *application) error { return nil })
}

func urlOf(listener net.Listener) string { return "http://" + listener.Addr().String() }

// serve runs a server until ctx ends. Requests are answered that it is starting until
// the store is open and prepare has been called; then it says in one line where it
// listens.
func serve(ctx context.Context, config Config, s streams, prepare func(url string, app *application) error) error {
	listener, err := net.Listen("tcp", config.Listen) // first: a port that is taken shall leave no data folder behind
	if err != nil {
		return fmt.Errorf("%w; --listen names another address", err)
	}
	logger := config.logger(s)
	front := answerOn(listener, config, logger)
	defer front.close() // which has ended by then, if the server came to serve
	app, err := newApplication(ctx, config, logger)
	if err != nil {
		return err
	}
	if err := app.destinations.check(ctx, app.logger, app.deliveries.tokens.Reseal); err != nil {
		app.close()
		return err
	}
	url := urlOf(listener)
	if config.PublicURL == "" && config.knownByItsAddress() {
		app.deliveries.tokens.KnownAs(url)
	}
	if err := prepare(url, app); err != nil {
		app.close()
		return err
	}
	config.Access.warn(app.logger)
	front.leadTo(app.handler)
	app.sayListening(s, url)
	return app.serve(ctx, front)
}
