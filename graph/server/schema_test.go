package server

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sdl has the shapes of the real API that matter here: connections with a
// default page, with an implied one, plain lists, and all kinds of operation.
const sdl = `
type Query {
  hello(name: String): String!
  secret: String
  panics: String
  slow: String
  whoami: String
  loginFlows(first: Int = 50, after: String, last: Int): LoginFlowConnection!
  authAudits(first: Int, last: Int): AuthAuditConnection!
  nodes(ids: [ID!]!): [LoginFlow]!
}
type Mutation { touch: String  send(events: [Event!]!): Sent! }
input Event { id: ID! }
type Sent { results: [Session!]! }
type Subscription { ticks(to: Int! = 3): Int!  silence: Int!  lasting: Int!  refused: Int!  panics: Int!  lines: JSON!  flood: String! }
scalar JSON
type LoginFlowConnection { nodes: [LoginFlow!]! edges: [LoginFlowEdge!]! totalCount: Int! pageInfo: PageInfo! }
type LoginFlowEdge { cursor: String! node: LoginFlow! }
type LoginFlow { id: ID! requestId: String! records: [AuthAudit!]! sessionView: Session stages: [Stage!]! }
type Stage { eventName: String! records: [AuthAudit!]! }
type Session { id: ID! sessionId: String! audits(first: Int, last: Int): AuditConnection! records(first: Int): AuthAuditConnection! }
type Trace { id: ID! records(first: Int): AuthAuditConnection! }
type AuthAuditConnection { nodes: [AuthAudit!]! totalCount: Int! }
type AuditConnection { nodes: [Audit!]! }
type PageInfo { hasNextPage: Boolean! }
type Audit { id: ID! ` + twenty + ` }
type AuthAudit { id: ID! loginFlow: LoginFlow sessionView: Session trace: Trace ` + twenty + ` }
`

const (
	twenty     = "a: String b: String c: String d: String e: String f: String g: String h: String i: String j: String k: String l: String m: String n: String o: String p: String q: String r: String s: String t: String"
	askTwenty  = "a b c d e f g h i j k l m n o p q r s t"
	helloQuery = `{"query":"{ hello }"}`
)

var testSDL = gqlparser.MustLoadSchema(&ast.Source{Name: "test.graphqls", Input: sdl})

type resolver func(ctx context.Context, field graphql.CollectedField) (any, error)

// testSchema executes a document just well enough: root fields by their
// resolvers, all else as a value of the field's type.
type testSchema struct {
	root    map[string]resolver
	streams map[string]func(ctx context.Context, emit func(any) bool) error
}

func (s *testSchema) Schema() *ast.Schema { return testSDL }

func (s *testSchema) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (s *testSchema) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	if op.Operation.Operation == ast.Subscription {
		return s.subscribe(ctx, op)
	}
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		return &graphql.Response{Data: s.object(ctx, op, op.Operation.SelectionSet)}
	}
}

func (s *testSchema) object(ctx context.Context, op *graphql.OperationContext, set ast.SelectionSet) json.RawMessage {
	var out bytes.Buffer
	separator := "{"
	for _, field := range graphql.CollectFields(op, set, nil) {
		name, _ := json.Marshal(field.Alias)
		out.WriteString(separator)
		out.Write(name)
		out.WriteByte(':')
		out.Write(s.value(ctx, op, field))
		separator = ","
	}
	out.WriteByte('}')
	return out.Bytes()
}

func (s *testSchema) value(ctx context.Context, op *graphql.OperationContext, field graphql.CollectedField) json.RawMessage {
	if resolve := s.root[field.Name]; resolve != nil {
		value, err := resolve(ctx, field)
		if err != nil {
			graphql.AddError(ctx, err)
		}
		data, _ := json.Marshal(value)
		return data
	}
	switch {
	case field.Name == "__typename":
		return json.RawMessage(`"Query"`)
	case len(field.Name) > 2 && field.Name[:2] == "__":
		return json.RawMessage("null")
	case isList(field.Field):
		return json.RawMessage("[]")
	case len(field.Selections) > 0:
		return s.object(ctx, op, field.Selections)
	default:
		return json.RawMessage(`"x"`)
	}
}

func (s *testSchema) subscribe(ctx context.Context, op *graphql.OperationContext) graphql.ResponseHandler {
	field := graphql.CollectFields(op, op.Operation.SelectionSet, nil)[0]
	events, failed := make(chan any), make(chan error, 1)
	go func() {
		defer close(events)
		failed <- s.streams[field.Name](ctx, func(event any) bool {
			select {
			case events <- event:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	return func(ctx context.Context) *graphql.Response {
		event, more := <-events
		if !more {
			if err := <-failed; err != nil {
				failed <- nil
				graphql.AddError(ctx, err)
				return &graphql.Response{}
			}
			failed <- nil
			return nil
		}
		if event == "panic" {
			panic("a resolver's defect")
		}
		data, _ := json.Marshal(map[string]any{field.Alias: event})
		if raw, ok := event.(json.RawMessage); ok {
			data = append(append([]byte(`{"`+field.Alias+`":`), raw...), '}')
		}
		return &graphql.Response{Data: data}
	}
}
