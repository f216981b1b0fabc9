// Package file delivers events to files: one event a line, written and synced before
// Send returns, whole whatever happens, in one folder and never outside of it.
//
// A file is rotated when it would become too large, and when it was last written in an
// earlier stretch of time (each day, unless told): it is given a name that ends in the
// time, and compressed. The newest of those are kept. Programs that rotate files
// themselves, such as logrotate, may move or remove a file at any time; a new one is
// begun with the next events.
package file
