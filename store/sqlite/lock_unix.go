//go:build unix

package sqlite

import (
	"os"
	"syscall"
)

// lockFile locks a file for this process alone. The lock ends with the process,
// however that ends.
func lockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
