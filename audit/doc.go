// Package audit is the domain: what an audit event is, what can be asked of
// many of them, and what a store promises.
//
// A [Record] is one stored event. A [Query] asks for records; a [Page] answers
// it. The interfaces in roles.go are the contract between the adapters (store,
// indexer, graph, rest), which never import each other: each states order,
// limits and exact errors in prose, and store/storetest checks them.
//
// The package imports the standard library and audit/query only.
package audit
