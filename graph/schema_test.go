package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/authtrail/authtrail/graph"
	"github.com/authtrail/authtrail/queries"
)

func TestEverythingInTheSchemaIsDescribed(t *testing.T) {
	t.Parallel()
	schema := graph.New(graph.Deps{}).Schema()
	described := func(what, description string) {
		if strings.TrimSpace(description) == "" {
			t.Errorf("%s has no description", what)
		}
	}
	for name, definition := range schema.Types {
		if definition.BuiltIn || strings.HasPrefix(name, "__") {
			continue
		}
		described(name, definition.Description)
		for _, field := range definition.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			described(name+"."+field.Name, field.Description)
			for _, argument := range field.Arguments {
				described(fmt.Sprintf("%s.%s(%s)", name, field.Name, argument.Name), argument.Description)
			}
		}
		for _, value := range definition.EnumValues {
			described(name+"."+value.Name, value.Description)
		}
	}
	described("the schema", schema.Description)
}

func TestConnectionsHaveTheSameShape(t *testing.T) {
	t.Parallel()
	schema := graph.New(graph.Deps{}).Schema()
	for name, definition := range schema.Types {
		if !strings.HasSuffix(name, "Connection") {
			continue
		}
		of := strings.TrimSuffix(name, "Connection")
		want := map[string]string{"edges": "[" + of + "Edge!]!", "nodes": "[" + of + "!]!", "pageInfo": "PageInfo!", "totalCount": "Int!"}
		for field, typ := range want {
			if found := definition.Fields.ForName(field); found == nil || found.Type.String() != typ {
				t.Errorf("%s.%s is not %s", name, field, typ)
			}
		}
	}
	for _, definition := range schema.Types {
		for _, field := range definition.Fields {
			if field.Type != nil && strings.HasSuffix(field.Type.Name(), "Connection") {
				for _, argument := range []string{"first", "after", "last", "before"} {
					if field.Arguments.ForName(argument) == nil {
						t.Errorf("%s.%s has no argument %s", definition.Name, field.Name, argument)
					}
				}
			}
		}
	}
}

func TestTheRootTypesHaveTheseFields(t *testing.T) {
	t.Parallel()
	schema := graph.New(graph.Deps{}).Schema()
	want := map[*ast.Definition][]string{
		schema.Query: {"auditDestinationDryRun", "auditDestinations", "audits", "authAudits", "compareLoginFlows", "correlate", "correlationQuality", "detectionRules", "detections", "events",
			"loginFlow", "loginFlowShapes", "loginFlows", "loginFunnel", "node", "nodes", "session", "trace", "viewer"},
		schema.Mutation: {"bulkAuditEvents", "createAuditDestination", "deleteAuditDestination", "replaceAuditDestination", "replayAuditDestination",
			"resumeAuditDestination", "testAuditDestination"},
		schema.Subscription: {"authAuditAdded", "loginFlowUpdated"},
	}
	for definition, names := range want {
		var got []string
		for _, field := range definition.Fields {
			if !strings.HasPrefix(field.Name, "__") {
				got = append(got, field.Name)
			}
		}
		if slices.Sort(got); !slices.Equal(got, names) {
			t.Errorf("%s has %v, want %v", definition.Name, got, names)
		}
	}
}

func TestDocumentsOfTheCommandsAreValid(t *testing.T) {
	t.Parallel()
	schema := graph.New(graph.Deps{}).Schema()
	for name, document := range map[string]string{
		"SearchRecords": queries.SearchRecords, "SearchFlows": queries.SearchFlows, "FlowsWithID": queries.FlowsWithID,
		"FlowByID": queries.FlowByID, "CompareFlows": queries.CompareFlows, "FeedEnd": queries.FeedEnd, "Tail": queries.Tail,
		"Destinations": queries.Destinations, "DestinationNames": queries.DestinationNames, "TestDestination": queries.TestDestination,
		"ReplayDestination": queries.ReplayDestination, "ResumeDestination": queries.ResumeDestination, "DeadLetters": queries.DeadLetters,
	} {
		if _, errs := gqlparser.LoadQueryWithRules(schema, document, nil); len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
		}
	}
}
