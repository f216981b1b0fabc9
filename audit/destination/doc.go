// Package destination is where an organisation's events are sent to: what a
// destination is, which events it wants, and how destinations are stored.
//
// [Parse] reads one as the API has it and says what is wrong with it;
// [Filters.Matches] says whether it wants a record. A [Store] keeps them in the
// registry, so that every process on the same store has the same ones. Secrets are
// encrypted there, and a destination that was read has none until [Store.Reveal]
// was asked for them.
package destination
