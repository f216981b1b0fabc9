package main

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// serverProcess is a running server.
type serverProcess struct {
	command *exec.Cmd
	url     string
}

// startServer starts the program on the data folder and returns how long it
// took until it was ready.
func startServer(ctx context.Context, o options, more ...string) (*serverProcess, time.Duration, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, 0, err
	}
	arguments := append([]string{"serve", "--listen", address, "--data", o.data, "--log-level", "warn"}, more...)
	command := exec.CommandContext(ctx, o.program, arguments...)
	command.Stderr = os.Stderr
	begin := time.Now()
	if err := command.Start(); err != nil {
		return nil, 0, fmt.Errorf("start the server: %w", err)
	}
	server := &serverProcess{command: command, url: "http://" + address}
	for time.Since(begin) < time.Minute {
		if answer, err := http.Get(server.url + "/readyz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return server, time.Since(begin), nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	_ = server.stop()
	return nil, 0, fmt.Errorf("the server was not ready within a minute")
}

// freeAddress returns a loopback address that nothing listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// stop ends the server as an operator would, and waits for it.
func (s *serverProcess) stop() error {
	if s == nil || s.command.ProcessState != nil { // never started, or ended
		return nil
	}
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	if err := s.command.Wait(); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	return nil
}

// memory returns a figure of the process's memory in MB, as Linux counts it:
// VmRSS now, VmHWM at most so far.
func (s *serverProcess) memory(name string) float64 {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) >= 2 && fields[0] == name+":" {
			kilobytes, _ := strconv.ParseFloat(fields[1], 64)
			return kilobytes * 1024 / 1e6
		}
	}
	return 0
}

// processorTime returns the processor time that the process has used, as Linux counts it.
func (s *serverProcess) processorTime() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.command.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(stat), ") ") // the name may hold spaces
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * (time.Second / 100) // in ticks, of which Linux shows a hundred a second
}

// silence is for how long a process that does nothing has done all: longer than the
// store waits until it tidies its index.
const silence = 4 * time.Second

// settle waits until the process does nothing any more, and returns how long it went on.
func (s *serverProcess) settle() time.Duration {
	begin := time.Now()
	busy := begin
	for before := s.processorTime(); time.Since(busy) < silence && time.Since(begin) < 5*time.Minute; {
		time.Sleep(time.Second / 2)
		now := s.processorTime()
		if now-before > 10*time.Millisecond {
			busy = time.Now()
		}
		before = now
	}
	return busy.Sub(begin)
}

func folderMB(folder string) float64 {
	var bytes int64
	_ = filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if info, err := entry.Info(); err == nil {
			bytes += info.Size()
		}
		return nil
	})
	return float64(bytes) / 1e6
}
