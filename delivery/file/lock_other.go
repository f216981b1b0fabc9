//go:build !unix

package file

import "os"

// lock does nothing here: the senders of one process take turns, and a folder is for
// one process.
func lock(*os.File) error { return nil }

func unlock(*os.File) {}
