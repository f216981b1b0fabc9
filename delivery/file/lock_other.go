//go:build !unix

package file

import (
	"context"
	"os"
)

// lock does nothing here: the senders of one process take turns, and a folder is for
// one process.
func lock(context.Context, *os.File) error { return nil }

func unlock(*os.File) {}
