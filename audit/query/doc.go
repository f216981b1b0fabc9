// Package query is Authtrail's search language: what a person types into a
// search box, and the tree that every filter becomes.
//
// [Parse] turns text into a tree of [Node]; [Match] is the naive matcher that
// defines what a tree means. A store may answer a tree in any way it likes, as
// long as it finds exactly the records that Match accepts: a property test
// compares the two.
//
// Text is analysed once, here, by [Tokens] and [Fold]; stores index those
// ready-made tokens and never analyse text themselves.
//
// docs/search.md is the page for people who search.
package query
