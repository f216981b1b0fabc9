package elastictest

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// nodeAttributes starts a node in a process group of its own, which ends with
// the test however that ends: the kernel kills the group's first process, and
// the server ends when its standard input does. Where the test is run by root
// the node is nobody's, since Elasticsearch refuses to be root.
func nodeAttributes() (*syscall.SysProcAttr, error) {
	attributes := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() == 0 {
		uid, gid, err := nobody()
		if err != nil {
			return nil, err
		}
		attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return attributes, nil
}

// killNode kills the server together with the process that started it.
func killNode(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// giveAway gives the folder and all in it to nobody, where root made it.
func giveAway(folder string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	uid, gid, err := nobody()
	if err != nil {
		return err
	}
	return filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
}

func nobody() (uid, gid int, err error) {
	u, err := user.Lookup("nobody")
	if err != nil {
		return 0, 0, fmt.Errorf("find a user for Elasticsearch, which refuses to be root: %w", err)
	}
	if uid, err = strconv.Atoi(u.Uid); err != nil {
		return 0, 0, fmt.Errorf("read the user id of nobody: %w", err)
	}
	if gid, err = strconv.Atoi(u.Gid); err != nil {
		return 0, 0, fmt.Errorf("read the group id of nobody: %w", err)
	}
	return uid, gid, nil
}
