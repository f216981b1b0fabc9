package auth

import (
	"context"
	"net/http"
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// Middleware puts the caller into the context of each request. A request without
// a valid token goes no further: answer tells why, in the shape of its API.
func (a *Authenticator) Middleware(answer func(http.ResponseWriter, *http.Request, *audit.Error)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			principal, err := a.authenticate(r)
			if err != nil {
				answer(w, r, audit.AsError(err))
				return
			}
			next.ServeHTTP(w, r.WithContext(audit.WithPrincipal(r.Context(), principal)))
		})
	}
}

func (a *Authenticator) authenticate(r *http.Request) (audit.Principal, error) {
	given := r.Header.Values("Authorization")
	if len(given) > 1 {
		return audit.Principal{}, refuse("Authorization: send it once")
	}
	return a.Authenticate(r.Context(), strings.Join(given, ""))
}

// WebSocket puts the caller into the context of a WebSocket. Its authorization is
// what connection_init says, a header's value or the token alone, since a
// browser can send no header with a WebSocket. Where it says nothing, the
// caller is the one of the handshake's header.
func (a *Authenticator) WebSocket(ctx context.Context, authorization string) (context.Context, error) {
	if authorization == "" && audit.PrincipalFrom(ctx).Subject != "" {
		return ctx, nil
	}
	if authorization != "" && !strings.Contains(authorization, " ") {
		authorization = "Bearer " + authorization
	}
	principal, err := a.Authenticate(ctx, authorization)
	if err != nil {
		return nil, err
	}
	return audit.WithPrincipal(ctx, principal), nil
}
