package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/authtrail/authtrail/client"
	"github.com/authtrail/authtrail/store/sqlite"
)

// remote is what the commands that ask a server have in common.
type remote struct {
	Server string `placeholder:"URL" help:"A running server, such as http://127.0.0.1:8080. Without it, the data folder is used."`
	Token  string `placeholder:"TOKEN" help:"Bearer token for that server."`
	Data   string `default:"./data" type:"path" placeholder:"DIR" help:"Folder of the embedded store. If a server has it open, that server is asked."`
	JSON   bool   `name:"json" help:"Write JSON, for scripts: one value a line."`
}

// addressFile, in the data folder, holds the URL of the server that has it open.
const addressFile = "server.url"

// connect returns a client of the server to ask, and what releases it. Where no
// server runs, it opens the data folder and is the server until released.
func (r remote) connect(ctx context.Context, s streams, create bool) (*client.Client, func(), error) {
	if r.Server != "" {
		server, err := newClient(r.Server, r.Token)
		if err != nil {
			return nil, nil, exitError{exitUsage, fmt.Errorf("--server: %w", err)}
		}
		return server, func() {}, nil
	}
	if !create && !sqlite.Exists(r.Data) {
		return nil, nil, fmt.Errorf("%s is no data folder: it holds no records; name one with --data, or a running server with --server", r.Data)
	}
	config := defaultConfig()
	config.Data, config.LogLevel, config.Delivery.Run = r.Data, "warn", false // who looks into a folder sends nothing from it
	logger := config.logger(s)
	app, err := newApplication(ctx, config, logger)
	if errors.Is(err, sqlite.ErrInUse) {
		return r.other(ctx, err)
	}
	if err != nil {
		return nil, nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		app.close()
		return nil, nil, fmt.Errorf("listen: %w", err)
	}
	server, err := newClient(urlOf(listener), "")
	if err != nil {
		listener.Close()
		app.close()
		return nil, nil, err
	}
	if !create {
		app.flows.finish(ctx, s)
	}
	front := answerOn(listener, config, logger)
	front.leadTo(app.handler)
	serving, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); _ = app.serve(serving, front) }()
	return server, func() {
		app.flows.finish(ctx, s)
		stop()
		<-done
	}, nil
}

// startingTime is how long a server that has just opened its folder is waited for.
const startingTime = time.Second

// other returns a client of the server that has the data folder open.
func (r remote) other(ctx context.Context, inUse error) (*client.Client, func(), error) {
	starting, cancel := context.WithTimeout(ctx, startingTime)
	defer cancel()
	for {
		address, err := os.ReadFile(filepath.Join(r.Data, addressFile))
		if err == nil {
			if server, err := newClient(strings.TrimSpace(string(address)), r.Token); err == nil {
				return server, func() {}, nil
			} // it is being written
		}
		select {
		case <-starting.Done():
			return nil, nil, inUse
		case <-time.After(startingTime / 50):
		}
	}
}

// newClient returns a client that says which version of the program it is.
func newClient(base, token string) (*client.Client, error) {
	server, err := client.New(base, token)
	if err != nil {
		return nil, err
	}
	server.UserAgent = "authtrail/" + version()
	return server, nil
}
