// Package format writes events in the forms that destinations want: as they were sent
// (agilicus), in one form for all kinds (unified), and for the common consumers of
// security events: OCSF, ECS and CEF. docs/formats.md says what becomes of each member.
//
// Redactions are made first, on the event itself, and all else is made of what they
// leave: so no form has a place that they forgot. What a form has no place for goes
// along as it was sent; nothing is lost.
package format
