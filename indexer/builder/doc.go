// Package builder keeps the stored login flows current: it follows the feed of
// the events, stitches the flows anew that new records bear on, and replaces the
// rows of those that have changed.
//
// One builder works at a time, whichever process it runs in: it holds a lease, whose
// state is how far it has got. What is in the store of the flows depends on the
// records alone, so it may be told to begin again at any time, and a batch that was
// interrupted is simply taken again.
package builder
