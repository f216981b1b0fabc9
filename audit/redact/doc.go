// Package redact takes values out of events before they leave, or puts hashes in their
// place. What it returns are records like others, so that nothing made of them can hold
// what was taken out.
package redact
