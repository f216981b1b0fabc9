// Package lease makes one of several processes do something: deliver to a
// destination, drop what has expired.
//
// A lease is an entry of the registry that names its holder, and beside it what
// the work has to remember: its state, such as how far it has got. Both are one
// document under one version, so that a process that was taken for dead, and
// comes back, cannot save a state over its successor's: the version has moved on.
//
// Clocks of different processes are never compared. Whoever wants a lease that
// another holds watches its version, and takes it when it has not changed for the
// lease's duration by the watcher's own clock; the holder changes it well before.
// So clocks may differ by any amount, and only have to run about equally fast.
package lease
