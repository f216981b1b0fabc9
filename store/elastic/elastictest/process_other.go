//go:build !linux

package elastictest

import (
	"errors"
	"os"
	"syscall"
)

// nodeAttributes needs nothing here but a user other than root.
func nodeAttributes() (*syscall.SysProcAttr, error) {
	if os.Geteuid() == 0 {
		return nil, errors.New("Elasticsearch refuses to be root: run the tests as another user")
	}
	return nil, nil
}

// killNode kills the process that started the server, which ends as soon as it notices.
func killNode(p *os.Process) { _ = p.Kill() }

// giveAway has nobody to give to.
func giveAway(string) error { return nil }
