// Package flow turns audit records into login flows: which records belong to one
// attempt, how it ended, which path it took, and what can be said of it in a
// sentence. These are pure functions of a set of records and a clock: the order
// in which records arrive, and how often, never matters.
//
// Stitching decides which records make a flow, and why each is part of it.
// [StitchAll] does it for all records there are. A [Neighbourhood] does it for a
// few flows of one org, and says which records it needs for that: those who store
// flows let it stitch anew what new records change ([Neighbourhood.Restitch]), and
// look up what it lacks ([Ask], [Gather]).
// docs/adr/0011-stitching.md tells why that comes to the same. [Stitched.Flow]
// then says what the records come to.
//
// Stored flows are rows of a store: [Format] says what these are, [NewRow] makes the row
// of a [State], which [StateOf] gives back, and [Revise] says what became of one.
// [View] answers audit.Flows from them: it tells what depends on the clock.
// docs/adr/0012-stored-login-flows.md tells why they are so.
package flow
