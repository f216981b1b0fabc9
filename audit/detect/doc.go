// Package detect finds what looks like an attack in login flows: guessed
// passwords, sprayed ones, users worn down by MFA challenges, logins that are the
// first of their kind for a user, tokens in other hands, and service accounts that
// are used by people.
//
// It is worked out when asked, by pure functions over what a [Detector] gathers in
// one pass over the summaries of the flows of a range of time, and then those of
// the time before it, which are users' habits. A few flows are read in full, where
// their summaries tell too little. Nothing is stored and nothing
// learned, so the same flows give the same detections. [Rules] has what each rule
// finds and why its thresholds are what they are; docs/detections.md says the same
// to its readers.
//
// # Memory
//
// Of each flow of the range some 500 bytes are kept, of at most MaxFlows; of each
// login of the time before, 24 bytes, of at most MaxPastLogins; of the uses of
// tokens, some 200 bytes, of at most MaxUses; of each failure, challenge and use of a
// token in the flows read in full, 200 bytes at most, of at most MaxWholeRecords. That
// is about 110 MB, and beside it the records of the few flows that are read at once.
// What the bounds cut off is told in [Report.Gaps].
package detect
