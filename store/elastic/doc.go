// Package elastic is the store for more than one machine: Elasticsearch 8,
// shared by any number of server processes.
//
// A record is one document of the index that its own time falls into
// (partition.go), under an _id made of its key, so that sending it again meets
// the first. The document (document.go) holds the event verbatim, and beside it
// what can be asked about it, worked out in Go: the engine never analyses,
// guesses or refuses anything. mapping.go names the fields; docs/adr/0007 says why.
package elastic
