// Package indexer takes bulk events in: it decodes and validates them, checks
// whose they are, and writes them to a store in batches.
//
// What waits is bounded in events and in bytes. A call that would exceed the
// bound is refused before anything of it is decoded, so that overload costs the
// caller a retry and never the server its memory.
package indexer
