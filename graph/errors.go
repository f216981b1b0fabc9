package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/authtrail/authtrail/audit"
)

// ErrorPresenter returns what makes an error fit for callers: what the domain
// says, with its code; what GraphQL itself says about a document; and of
// everything else a request id, under which the log has it.
func ErrorPresenter(logger *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		shown := &gqlerror.Error{Path: graphql.GetPath(ctx)}
		var located *gqlerror.Error
		if errors.As(err, &located) {
			shown.Path, shown.Locations = located.Path, located.Locations
			if located.Err == nil { // it comes from GraphQL itself, not from a resolver
				shown.Message, shown.Extensions = located.Message, withCode(located.Extensions)
				return shown
			}
		}
		known := domainError(err, shown.Path)
		shown.Message, shown.Extensions = known.Error(), extensionsOf(known)
		if syntax, ok := asSyntaxError(err); ok {
			shown.Extensions["position"] = syntax.Column
		}
		if known.Code == audit.Internal {
			id := middleware.GetReqID(ctx)
			logger.ErrorContext(ctx, "graphql field failed", "request_id", id, "path", shown.Path.String(),
				"error", known.Message, "cause", known.Err)
			shown.Message, shown.Extensions = "internal error", map[string]any{"code": string(audit.Internal), "requestId": id}
		}
		return shown
	}
}

// Recover returns what makes an error of a panic.
func Recover(logger *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, reason any) error {
		logger.ErrorContext(ctx, "panic in graphql", "request_id", middleware.GetReqID(ctx),
			"reason", fmt.Sprint(reason), "stack", string(debug.Stack()))
		return &audit.Error{Code: audit.Internal, Message: "panic"}
	}
}

// domainError returns the error of the domain that err is. What gqlgen and the
// search language say about a caller's input is one too.
func domainError(err error, path ast.Path) *audit.Error {
	if syntax, ok := asSyntaxError(err); ok {
		return &audit.Error{Code: audit.BadUserInput, Field: "search", Message: syntax.Error()}
	}
	var number *graphql.IntegerError
	if errors.As(err, &number) {
		return &audit.Error{Code: audit.BadUserInput, Field: lastName(path), Message: number.Message}
	}
	return audit.AsError(err)
}

// lastName returns the name at the end of a path: the argument or the member of
// an input that an error is about.
func lastName(path ast.Path) string {
	for _, element := range slices.Backward(path) {
		if name, ok := element.(ast.PathName); ok {
			return string(name)
		}
	}
	return ""
}

func extensionsOf(known *audit.Error) map[string]any {
	extensions := map[string]any{"code": string(known.Code)}
	if known.Field != "" {
		extensions["field"] = known.Field
	}
	if known.RetryAfter > 0 {
		extensions["retryAfter"] = int(math.Ceil(known.RetryAfter.Seconds()))
	}
	return extensions
}

// withCode gives an error about a document the code that it has here.
func withCode(extensions map[string]any) map[string]any {
	code, _ := extensions["code"].(string)
	if code == "" || strings.HasPrefix(code, "GRAPHQL_") {
		code = string(audit.BadUserInput)
	}
	answer := map[string]any{"code": code}
	for name, value := range extensions {
		if name != "code" {
			answer[name] = value
		}
	}
	return answer
}
