package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// measureFlows waits until every login flow is there, and prints how long that took.
func measureFlows(ctx context.Context, server *serverProcess, set dataset) error {
	begin := time.Now()
	for time.Since(begin) < 10*time.Minute {
		count, err := countFlows(ctx, server)
		if err != nil {
			return err
		}
		if count >= set.flows() {
			fmt.Printf("| until all %d login flows are there | %s |\n", count, time.Since(begin).Round(10*time.Millisecond))
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fmt.Errorf("wait for the login flows: they were not all there after %s", time.Since(begin))
}

func countFlows(ctx context.Context, server *serverProcess) (int, error) {
	answer, err := post(ctx, server.url+"/graphql", []byte(`{"query":"{ loginFlows(first: 1) { totalCount } }"}`))
	if err != nil {
		return 0, fmt.Errorf("count the login flows: %w", err)
	}
	var read struct {
		Data struct {
			LoginFlows struct{ TotalCount int }
		}
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(answer, &read); err != nil || len(read.Errors) > 0 {
		return 0, fmt.Errorf("count the login flows: %.300s", answer)
	}
	return read.Data.LoginFlows.TotalCount, nil
}

// measureWithoutFlows stores the same records in another folder by a server that
// makes no login flows, to tell what making them costs.
func measureWithoutFlows(ctx context.Context, set dataset, o options) error {
	folder, err := os.MkdirTemp("", "authtrail-bench-")
	if err != nil {
		return fmt.Errorf("make a data folder: %w", err)
	}
	defer os.RemoveAll(folder)
	o.data = folder
	server, _, err := startServer(ctx, o, "--no-flow-builder")
	if err != nil {
		return err
	}
	fmt.Println("Without making login flows:")
	if err := measureIngest(ctx, server, set, o); err != nil {
		_ = server.stop()
		return err
	}
	return server.stop()
}
