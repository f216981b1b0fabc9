// Package detect finds what looks like an attack in login flows: guessed
// passwords, sprayed ones, users worn down by MFA challenges, logins that are the
// first of their kind for a user, tokens in other hands, and service accounts that
// are used by people.
//
// It is worked out when asked, by pure functions over what a [Detector] gathers in
// one pass over the summaries of the flows of a range of time, and then those of
// the time before it, which are users' habits. Nothing is stored and nothing
// learned, so the same flows give the same detections. [Rules] has what each rule
// finds and why its thresholds are what they are; docs/detections.md says the same
// to its readers.
//
// # Memory
//
// Of each flow of the range some 400 bytes are kept, of at most MaxFlows; of each
// login of the time before, 24 bytes, of at most MaxPastLogins; of the uses of
// tokens, some 200 bytes, of at most MaxUses. That is about 60 MB at most. What the
// bounds cut off is told in [Report.Gaps].
package detect
