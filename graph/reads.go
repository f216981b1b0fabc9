package graph

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/trail"
)

// RecordReads records each query when it is answered, each subscription when it
// starts, and each mutation but those that send events. What cannot be recorded is refused.
func RecordReads(recorder *trail.Recorder) graphql.OperationMiddleware {
	return func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		op := graphql.GetOperationContext(ctx)
		read := readOf(ctx, op)
		if len(read.Fields) == 0 {
			return next(ctx)
		}
		reading, err := recorder.Begin(ctx)
		if err != nil {
			known := audit.AsError(err)
			return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{{Message: known.Error(), Extensions: extensionsOf(known)}}})
		}
		if op.Operation.Operation == ast.Subscription {
			read.Outcome = trail.Started
			reading.End(read)
			return next(ctx)
		}
		return recorded(reading, read, func() graphql.ResponseHandler { return next(ctx) })
	}
}

// recorded executes an operation, and records how it ended, be it by a panic.
func recorded(reading *trail.Reading, read trail.Read, start func() graphql.ResponseHandler) graphql.ResponseHandler {
	read.Outcome = string(audit.Internal)
	started := false
	defer func() {
		if !started {
			reading.End(read)
		}
	}()
	next := start()
	started = true
	return func(ctx context.Context) *graphql.Response {
		defer func() { reading.End(read) }()
		response := next(ctx)
		switch {
		case response == nil:
			read.Outcome = string(audit.AsError(context.Cause(ctx)).Code)
		case len(response.Errors) > 0:
			read.Outcome, read.AnswerBytes = codeOf(response.Errors[0]), len(response.Data)
		default:
			read.Outcome, read.AnswerBytes = trail.OK, len(response.Data)
		}
		return response
	}
}

func codeOf(err *gqlerror.Error) string {
	code, _ := err.Extensions["code"].(string)
	return code
}

// readOf returns what an operation is about. Without fields it reads nothing.
func readOf(ctx context.Context, op *graphql.OperationContext) trail.Read {
	kind := op.Operation.Operation
	read := trail.Read{Protocol: "graphql", Operation: string(kind), Name: op.Operation.Name}
	switch {
	case trail.CallerFrom(ctx).WebSocket:
		read.Protocol = "websocket"
	case kind == ast.Subscription:
		read.Protocol = "sse"
	}
	if !mayHoldSecrets(op.Doc) {
		read.Document = op.RawQuery
	}
	root := map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "Subscription"}[kind]
	for _, field := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{root}) {
		if readsNothing(field.Name) {
			continue
		}
		arguments := field.ArgumentMap(op.Variables)
		if takesInput(field.Field) {
			arguments = namesIn(arguments)
		}
		of := trail.Field{Name: field.Name}
		if len(arguments) > 0 {
			of.Arguments = arguments
		}
		read.Fields = append(read.Fields, of)
	}
	return read
}

// readsNothing reports whether a root field answers nothing of what is stored.
func readsNothing(field string) bool {
	return strings.HasPrefix(field, "__") || field == "viewer" || field == "bulkAuditEvents"
}

// takesInput reports whether a field is given an object to store or to try: what
// holds secrets is given in no other way.
func takesInput(field *ast.Field) bool { return field.Arguments.ForName("input") != nil }

// mayHoldSecrets reports whether anything of a document takes input, be it skipped.
func mayHoldSecrets(document *ast.QueryDocument) bool {
	for _, operation := range document.Operations {
		if anyTakesInput(operation.SelectionSet) {
			return true
		}
	}
	for _, fragment := range document.Fragments {
		if anyTakesInput(fragment.SelectionSet) {
			return true
		}
	}
	return false
}

func anyTakesInput(selections ast.SelectionSet) bool {
	for _, selection := range selections {
		switch selection := selection.(type) {
		case *ast.Field:
			if takesInput(selection) || anyTakesInput(selection.SelectionSet) {
				return true
			}
		case *ast.InlineFragment:
			if anyTakesInput(selection.SelectionSet) {
				return true
			}
		}
	}
	return false
}

// namesIn returns the ids and names among the arguments of a field that takes input,
// which are all of them that is known to be no secret.
func namesIn(arguments map[string]any) map[string]any {
	names := map[string]any{}
	input, _ := arguments["input"].(map[string]any)
	spec, _ := input["spec"].(map[string]any)
	for _, members := range []map[string]any{spec, input} {
		for _, name := range []string{"id", "orgId", "name"} {
			if value, ok := members[name].(string); ok {
				names[name] = value
			}
		}
	}
	return names
}
