// Package flow turns audit records into login flows: which records belong to one
// attempt ([Build]), how it ended, which path it took, and what can be said of
// it in a sentence. These are pure functions of a set of records and a clock:
// the order in which records arrive, and how often, never matters.
//
// What the package decides today is the certain part: a flow is the auth records
// of one org that carry one request_id, and every link is REQUEST, CERTAIN.
// Records that lost their request_id belong to no flow. Tying those to their
// attempt by trace, token and session, and refusing ids that cannot be trusted,
// is a step before Build: it chooses the records and their links, and everything
// from Build on stays as it is.
//
// [Reader] answers audit.Flows by deriving flows from stored records when asked.
package flow
