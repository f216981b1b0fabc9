package elastictest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// nodeHeap is each node's. An idle node of a fresh cluster uses a third of it.
const nodeHeap = "384m"

// A node is one process of a cluster, and what it needs to start again.
type node struct {
	name      string
	folder    string // config, data, logs and tmp are in it
	program   string
	java      string
	http      string // host:port, as is transport
	transport string
	settings  []string

	process *exec.Cmd // nil where the test has ended it
	ended   chan struct{}
}

func (n *node) url() string { return "http://" + n.http }

// running says that the test wants the node to run.
func (n *node) running() bool { return n.process != nil }

// hasDied says that the node has ended although the test wants it to run.
func (n *node) hasDied() bool {
	if n.process == nil {
		return false
	}
	select {
	case <-n.ended:
		return true
	default:
		return false
	}
}

// start starts the process and does not wait until it answers.
func (n *node) start() error {
	if n.running() {
		return fmt.Errorf("%s runs", n.name)
	}
	output, err := os.Create(filepath.Join(n.folder, "output"))
	if err != nil {
		return err
	}
	defer output.Close() // the process has its own
	cmd := exec.Command(n.program)
	for _, setting := range n.settings {
		cmd.Args = append(cmd.Args, "-E", setting)
	}
	cmd.Dir = n.folder
	// Nodes of tests are short-lived: compiled quickly is better than compiled well.
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"),
		"ES_JAVA_HOME=" + n.java,
		"ES_PATH_CONF=" + filepath.Join(n.folder, "config"),
		"ES_TMPDIR=" + filepath.Join(n.folder, "tmp"),
		"ES_JAVA_OPTS=-Xms" + nodeHeap + " -Xmx" + nodeHeap + " -XX:TieredStopAtLevel=1",
		"CLI_JAVA_OPTS=-XX:TieredStopAtLevel=1",
	}
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr, err = nodeAttributes()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", n.name, err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how a node ended says nothing: tests kill them
		close(ended)
	}()
	n.process, n.ended = cmd, ended
	return nil
}

// kill ends the process at once, and waits until it has.
func (n *node) kill() {
	if n.process == nil {
		return
	}
	killNode(n.process.Process)
	<-n.ended
	n.process = nil
	// The server is a child of the process that was waited for: it has ended
	// when its sockets have closed.
	for deadline := time.Now().Add(10 * time.Second); !portsAreFree(n.http, n.transport) && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
}

// stop ends the process in good order.
func (n *node) stop() error {
	if n.process == nil {
		return errors.New("it does not run")
	}
	if err := n.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-n.ended:
		n.process = nil
		return nil
	case <-time.After(time.Minute):
		return errors.New("it has not ended within a minute")
	}
}

// portsAreFree says that nobody listens on any of the addresses.
func portsAreFree(addresses ...string) bool {
	for _, address := range addresses {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return false
		}
		listener.Close()
	}
	return true
}
