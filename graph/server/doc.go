// Package server speaks GraphQL over HTTP, server-sent events and WebSocket on
// behalf of an executable schema.
//
// Execution is gqlgen's; the transports and the limits are this package's own.
// docs/adr/0004-graphql-over-http.md says why.
//
//	POST /graphql   application/json: a query, a mutation, or a subscription
//	                whose events are read as text/event-stream
//	GET  /graphql   a query or a subscription, in the URL's parameters
//	Upgrade         WebSocket, subprotocol graphql-transport-ws
//
// Errors of the request itself, such as a syntax error, carry no data entry and
// an audit.Code in extensions.code.
package server
