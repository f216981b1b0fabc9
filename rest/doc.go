// Package rest serves the documented /v1 API, as the published SDK and its
// command line speak it: bulk ingest, the two lists of audit records, and the
// destinations that events are sent to.
//
// A handler decodes, calls the domain, and encodes; openapi.json describes what
// it does, and a test keeps the two equal.
package rest
