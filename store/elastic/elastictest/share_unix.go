//go:build unix

package elastictest

import (
	"fmt"
	"os"
	"syscall"
)

// heldShare keeps the lock's file open, and with it the share, until the
// process ends, in whatever way it does.
var heldShare *os.File

// holdShare takes a share of the lock that keeps the shared server running,
// waiting while one is being stopped.
func holdShare(lock string) error {
	f, err := os.OpenFile(lock, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the shared server's lock: %w", err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH)
		if err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("take a share of the shared server's lock: %w", err)
	}
	heldShare = f
	return nil
}
