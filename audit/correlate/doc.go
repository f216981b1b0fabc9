// Package correlate finds what one id leads to: the records that have it, the
// other ids of those, the records that have these, and so on, over events of all
// kinds. Given a stolen token, it is every login, token and action it touched.
//
// Only ids that can be trusted are followed, and each hop from ids to records is
// one round trip to the store.
package correlate
