package main

import (
	"os"
	"runtime/debug"
)

// embeddedMemory is the size from which Go collects more often in a server with the
// embedded store, in bytes; the page caches of its databases come on top.
const embeddedMemory = 208 << 20

// limitMemory keeps a server with the embedded store small: it shares its machine
// with other programs, and by itself Go lets the heap grow to twice what is in use.
// It is no bound: what is in use stays. An operator's GOMEMLIMIT comes first.
func limitMemory(config Config) {
	if config.Store == "sqlite" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(embeddedMemory)
	}
}
