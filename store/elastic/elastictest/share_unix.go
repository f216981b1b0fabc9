//go:build unix

package elastictest

import (
	"fmt"
	"syscall"
)

// holdShare takes a share of the lock that keeps the shared server running,
// waiting while one is being stopped. Nothing gives it back: it ends with the
// process, in whatever way that does. An os.File would be closed once collected.
func holdShare(lock string) error {
	file, err := syscall.Open(lock, syscall.O_RDWR|syscall.O_CREAT|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return fmt.Errorf("open the shared server's lock: %w", err)
	}
	for err = syscall.EINTR; err == syscall.EINTR; {
		err = syscall.Flock(file, syscall.LOCK_SH)
	}
	if err != nil {
		return fmt.Errorf("take a share of the shared server's lock: %w", err)
	}
	return nil
}
