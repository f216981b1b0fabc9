package server

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/authtrail/authtrail/audit"
)

// socketOperation is one operation that a client runs over its socket.
type socketOperation struct {
	id     string
	cancel context.CancelFunc
}

// subscribe starts an operation of any kind.
func (s *socket) subscribe(m message) (websocket.StatusCode, string) {
	if !s.introduced() {
		return closeUnauthorized, "Unauthorized"
	}
	if m.ID == "" {
		return closeBadMessage, "Invalid message: subscribe needs an id"
	}
	members := map[string]json.RawMessage{}
	if json.Unmarshal(m.Payload, &members) != nil {
		return closeBadMessage, "Invalid message: the payload of subscribe must be an object"
	}
	params, fail := s.options.Documents.paramsFrom(members)
	if fail != nil {
		s.sendErrors(m.ID, gqlerror.List{requestError(fail.code, "%s", fail.message)})
		return 0, ""
	}
	ctx, cancel := context.WithCancel(graphql.StartOperationTrace(s.ctx))
	op := &socketOperation{id: m.ID, cancel: cancel}
	switch s.admit(op) {
	case admitted:
		params.Headers = s.request.Header
		s.ended.Go(func() { s.perform(ctx, op, params) })
		return 0, ""
	case duplicate:
		cancel()
		return closeDuplicate, shortReason(fmt.Sprintf("Subscriber for %q already exists", m.ID))
	default:
		cancel()
		s.sendErrors(m.ID, gqlerror.List{requestError(audit.RateLimited,
			"a connection may run at most %d operations at a time", s.options.MaxSubscriptionsPerConnection)})
		return 0, ""
	}
}

type admission int

const (
	admitted admission = iota
	duplicate
	tooMany
)

func (s *socket) admit(op *socketOperation) admission {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.operations[op.id] != nil {
		return duplicate
	}
	if s.running >= s.options.MaxSubscriptionsPerConnection {
		return tooMany
	}
	s.running++
	s.operations[op.id] = op
	return admitted
}

// forget ends an operation that its client has completed. Its id is free at once.
func (s *socket) forget(id string) {
	s.mu.Lock()
	op := s.operations[id]
	delete(s.operations, id)
	s.mu.Unlock()
	if op != nil {
		op.cancel()
	}
}

// release makes room for another operation, and reports whether the client still
// waits for this one.
func (s *socket) release(op *socketOperation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	if s.operations[op.id] != op {
		return false
	}
	delete(s.operations, op.id)
	return true
}

func (s *socket) wanted(op *socketOperation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.operations[op.id] == op
}

// perform runs an operation to its end and sends what comes of it.
func (s *socket) perform(ctx context.Context, op *socketOperation, params *graphql.RawParams) {
	defer op.cancel()
	prepared, errs := s.prepare(ctx, params, nil)
	if len(errs) == 0 {
		errs = s.counted(ctx, op, prepared)
	}
	// The id is free before the client hears of the end, so that it may use it again.
	switch awaited := s.release(op); {
	case !awaited:
	case len(errs) > 0:
		s.sendErrors(op.id, errs)
	default:
		s.send(message{ID: op.id, Type: "complete"})
	}
}

// counted delivers an operation, counted for as long as it lasts if it subscribes.
func (s *socket) counted(ctx context.Context, op *socketOperation, prepared *graphql.OperationContext) gqlerror.List {
	if prepared.Operation.Operation == ast.Subscription {
		leave, refusal := s.Handler.subscribe(ctx)
		if refusal != nil {
			return gqlerror.List{errorOf(refusal)}
		}
		defer leave()
	}
	return s.deliver(ctx, op, prepared)
}

// deliver sends each response. One without data ends the operation: it is the
// error of a request that could not be executed.
func (s *socket) deliver(ctx context.Context, op *socketOperation, prepared *graphql.OperationContext) gqlerror.List {
	responses := s.responses(ctx, prepared)
	defer func() {
		op.cancel()
		for range responses { // until the operation has ended
		}
	}()
	for response := range responses {
		if len(response.Data) == 0 && len(response.Errors) > 0 {
			return response.Errors
		}
		payload, err := encode(response)
		if err != nil {
			s.options.Logger.Error("encode GraphQL response", "error", err)
			return gqlerror.List{requestError(audit.Internal, "internal error")}
		}
		if !s.wanted(op) {
			return nil
		}
		s.count(response.Errors)
		s.send(message{ID: op.id, Type: "next", Payload: payload})
	}
	return nil
}

func (s *socket) sendErrors(id string, errs gqlerror.List) {
	s.count(errs)
	payload, err := json.Marshal(errs)
	if err != nil {
		s.options.Logger.Error("encode GraphQL errors", "error", err)
		payload = json.RawMessage(`[{"message":"internal error","extensions":{"code":"` + string(audit.Internal) + `"}}]`)
	}
	s.send(message{ID: id, Type: "error", Payload: payload})
}
