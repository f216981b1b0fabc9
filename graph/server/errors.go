package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/authtrail/authtrail/audit"
)

// count tells of the errors that a caller is answered.
func (h *Handler) count(errs gqlerror.List) {
	if h.options.CountError == nil {
		return
	}
	for _, err := range errs {
		h.options.CountError(codeOf(gqlerror.List{err}))
	}
}

// failure is a request that was refused before GraphQL came to it.
type failure struct {
	status  int
	code    audit.Code
	message string
}

func refused(status int, format string, args ...any) *failure {
	return &failure{status: status, code: audit.BadUserInput, message: fmt.Sprintf(format, args...)}
}

func requestError(code audit.Code, format string, args ...any) *gqlerror.Error {
	err := gqlerror.Errorf(format, args...)
	err.Extensions = map[string]any{"code": string(code)}
	return err
}

// errorOf returns an error of the domain as callers see it.
func errorOf(known *audit.Error) *gqlerror.Error {
	err := requestError(known.Code, "%s", known.Error())
	if known.RetryAfter > 0 {
		err.Extensions["retryAfter"] = seconds(known.RetryAfter)
	}
	return err
}

// seconds is a time to wait in whole seconds, at least one.
func seconds(wait time.Duration) int { return max(1, int(math.Ceil(wait.Seconds()))) }

// codeOf returns the code that says what to do about a list of errors.
func codeOf(errs gqlerror.List) audit.Code {
	for _, err := range errs {
		if code, ok := err.Extensions["code"].(string); ok {
			return audit.Code(code)
		}
	}
	return audit.BadUserInput
}

// statusOf returns the status of a response without data under
// application/graphql-response+json, and of a refused stream.
func statusOf(code audit.Code) int {
	switch code {
	case audit.Unauthenticated:
		return http.StatusUnauthorized
	case audit.Forbidden:
		return http.StatusForbidden
	case audit.RateLimited:
		return http.StatusTooManyRequests
	case audit.Unavailable:
		return http.StatusServiceUnavailable
	case audit.Internal:
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

// maxErrors is how many mistakes in one document are reported: a short document
// can have thousands.
const maxErrors = 20

// mendMessages gives the errors of gqlgen and gqlparser the project's codes, and
// words to those that would mislead.
func mendMessages(op *graphql.OperationContext, errs gqlerror.List) gqlerror.List {
	if op.Doc != nil && op.Operation == nil {
		return gqlerror.List{unknownOperation(op.OperationName)}
	}
	errs = errs[:min(len(errs), maxErrors)]
	for _, err := range errs {
		mendSpelling(err, op.RawQuery)
		if strings.HasPrefix(err.Message, "cannot use value ") {
			// The parser's message shows 0 in place of a number that is out of range.
			err.Message = "is a number that its type cannot hold"
		}
		if err.Extensions == nil {
			err.Extensions = map[string]any{}
		}
		if field := variableIn(err.Path); field != "" {
			err.Extensions["field"] = field
			switch { // so that it says something to who sees the message alone
			case err.Message == "must be defined":
				err.Message = "the variable $" + field + " needs a value"
			case !strings.Contains(err.Message, "$"+field):
				err.Message = "$" + field + ": " + err.Message
			}
		}
		code, known := err.Extensions["code"].(string)
		if !known || strings.HasPrefix(code, "GRAPHQL_") {
			err.Extensions["code"] = string(audit.BadUserInput)
		}
	}
	return errs
}

// variableIn returns the variable that a path leads to, and the member of it, as
// `input.events.3.createTime`; nothing when it leads elsewhere.
func variableIn(path ast.Path) string {
	if len(path) < 2 || path[0] != ast.PathName("variable") {
		return ""
	}
	var steps []string
	for _, step := range path[1:] {
		steps = append(steps, fmt.Sprint(step))
	}
	return strings.Join(steps, ".")
}

func unknownOperation(name string) *gqlerror.Error {
	if name == "" {
		return requestError(audit.BadUserInput, "the document has several operations: say in operationName which one to run")
	}
	return requestError(audit.BadUserInput, "operationName: the document has no operation of this name")
}

func presentError(ctx context.Context, err error) *gqlerror.Error {
	known := audit.AsError(err)
	shown := requestError(known.Code, "%s", known.Error())
	shown.Path = graphql.GetPath(ctx)
	var located *gqlerror.Error
	if errors.As(err, &located) {
		shown.Path, shown.Locations = located.Path, located.Locations
	}
	return shown
}

func logPanic(logger *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, reason any) error {
		logger.ErrorContext(ctx, "panic in GraphQL", "reason", fmt.Sprint(reason), "stack", string(debug.Stack()))
		return &audit.Error{Code: audit.Internal, Message: "internal error"}
	}
}
