//go:build unix

package file

import (
	"errors"
	"os"
	"syscall"
)

// lock waits until no other process, nor another sender of this one, writes to the
// file. It ends with the process.
func lock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func unlock(f *os.File) {
	if f != nil {
		_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // closing it does the same
	}
}
