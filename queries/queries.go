// Package queries holds the GraphQL documents that the commands of the terminal
// send. A test holds each against the schema.
package queries

import "embed"

// Files are the documents, by file name.
//
//go:embed *.graphql
var Files embed.FS

// The documents.
var (
	SearchRecords = read("search_records.graphql")
	SearchFlows   = read("search_flows.graphql")
	FlowsWithID   = read("flows_with_id.graphql")
	FlowByID      = read("flow_by_id.graphql")
	CompareFlows  = read("compare_flows.graphql")
	FeedEnd       = read("feed_end.graphql")
	Tail          = read("tail.graphql")

	Destinations      = read("destinations.graphql")
	DestinationNames  = read("destination_names.graphql")
	TestDestination   = read("test_destination.graphql")
	ReplayDestination = read("replay_destination.graphql")
	ResumeDestination = read("resume_destination.graphql")
	DryRun            = read("dry_run_destination.graphql")
	DeadLetters       = read("dead_letters.graphql")
)

func read(name string) string {
	document, err := Files.ReadFile(name)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return string(document)
}
