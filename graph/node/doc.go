// Package node is what the GraphQL API returns: records, what they are joined
// to, and the connections that list them.
//
// Joins are loaded for siblings together. The nodes that one call to the store
// answered know each other; when one of them is asked for a join, it is loaded
// for all of them in one call, which the others then share. So a query costs as
// many calls as it has joins, however many rows it returns, and none of them
// waits for a clock, as loaders that collect keys for a while do.
//
// Methods below which the store may be read take a context even where they need
// none: gqlgen resolves these at the same time, and others one after the other. So
// the joins of one object are loaded in the time of one.
package node
