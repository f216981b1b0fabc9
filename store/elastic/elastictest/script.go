package elastictest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// missingParts is the exit status by which scripts/elasticsearch says that this
// machine lacks something that it needs.
const missingParts = 3

// startByScript returns the server that the script runs for all test processes
// of this user. It stays for as long as any of them lives.
func startByScript(ctx context.Context) (string, error) {
	lock, err := runScript(ctx, "lock")
	if err != nil {
		return "", err
	}
	if err := holdShare(lock); err != nil {
		return "", err
	}
	return runScript(ctx, "shared")
}

// runScript runs scripts/elasticsearch and returns what it printed.
func runScript(ctx context.Context, args ...string) (string, error) {
	script, err := findScript()
	if err != nil {
		return "", err
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, script, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == missingParts {
		return "", fmt.Errorf("%w: %s", errNotHere, lastLine(stderr.String()))
	}
	if err != nil {
		return "", fmt.Errorf("run scripts/elasticsearch %s: %w: %s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(stdout.String()), nil
}

// findScript looks for the script from the test's folder upwards.
func findScript() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find scripts/elasticsearch: %w", err)
	}
	for {
		script := filepath.Join(dir, "scripts", "elasticsearch")
		if _, err := os.Stat(script); err == nil {
			return script, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("%w: scripts/elasticsearch is in no folder above the test", errNotHere)
		}
		dir = parent
	}
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
