package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/auth"
	"github.com/authtrail/authtrail/graph/server"
	"github.com/authtrail/authtrail/rest"
)

// authentication is how a server learns who calls. It is the one place from which
// principals come.
type authentication struct {
	inWords string // for the line at start-up

	// guard stands before all routes: who may speak to the server at all.
	guard func(http.Handler) http.Handler
	// callers puts the caller into the context of a request, or refuses it.
	callers func(http.Handler) http.Handler
	// socket does so for a WebSocket that said its authorization after the
	// handshake; nil if the handshake has said who it is.
	socket authenticate
}

// withoutAuthentication makes every caller the one who owns all orgs. Nobody but
// this machine can reach the server, which ownMachineOnly sees to.
func withoutAuthentication() *authentication {
	return &authentication{
		inWords: "without authentication: whoever can log in to this machine owns every org",
		guard:   ownMachineOnly,
		callers: everyone,
	}
}

// openAuthentication returns what --auth asks for.
func openAuthentication(ctx context.Context, c Config, logger *slog.Logger) (*authentication, error) {
	if c.Auth == "none" {
		return withoutAuthentication(), nil
	}
	keys, name, err := openKeys(ctx, c, logger)
	if err != nil {
		return nil, err
	}
	role, _ := auth.RoleNamed(c.JWTDefaultRole) // one of the enum
	tokens := auth.New(auth.Options{
		Keys: keys, Issuer: c.JWTIssuer, Audience: c.JWTAudience, DefaultRole: role,
		Claims: auth.ClaimNames{Org: c.JWTOrgClaim, Roles: c.JWTRolesClaim, Scopes: c.JWTScopesClaim},
	})
	shares := newShares(c.Access.MaxConnections)
	callers, counted := tokens.Middleware(refuse), shares.requests
	return &authentication{
		inWords: "with authentication: callers need a JWT " + name,
		guard:   func(next http.Handler) http.Handler { return next },
		callers: func(next http.Handler) http.Handler { return exceptSockets(callers(counted(next)), next) },
		socket:  shares.sockets(tokens.WebSocket),
	}, nil
}

// minSecret is the least length of an HS256 secret in bytes, as RFC 7518 has it.
const minSecret = 32

// openKeys returns what tokens are verified with, and its name for people.
func openKeys(ctx context.Context, c Config, logger *slog.Logger) (keys auth.Keys, name string, err error) {
	switch {
	case c.JWTHS256SecretFile != "":
		secret, err := auth.ReadSecret(c.JWTHS256SecretFile)
		if err != nil {
			return nil, "", fmt.Errorf("--jwt-hs256-secret-file: %w", err)
		}
		if len(secret) < minSecret {
			logger.Warn("the secret is short enough to be guessed from one token; make one of at least 32 random bytes",
				"file", c.JWTHS256SecretFile, "bytes", len(secret))
		}
		return auth.HS256(secret), "signed with the secret in " + c.JWTHS256SecretFile, nil
	case c.JWTPublicKeyFile != "":
		if keys, err = auth.ReadPublicKey(c.JWTPublicKeyFile); err != nil {
			return nil, "", fmt.Errorf("--jwt-public-key-file: %w", err)
		}
		return keys, "from " + c.JWTIssuer + " for " + c.JWTAudience, nil
	}
	if keys, err = auth.FetchKeys(ctx, c.JWTJWKSURL, logger); err != nil {
		return nil, "", fmt.Errorf("--jwt-jwks-url: %w", err)
	}
	return keys, "from " + c.JWTIssuer + " for " + c.JWTAudience, nil
}

// exceptSockets lets a WebSocket's handshake through that says nothing about its
// caller, as browsers do: its connection_init says it. Until then it has no
// principal, and everything is refused to it.
func exceptSockets(guarded, open http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/graphql" && server.IsWebSocket(r) && r.Header.Get("Authorization") == "" {
			open.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// everyone makes every caller the one who owns all orgs.
func everyone(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(audit.WithPrincipal(r.Context(), audit.Everyone())))
	})
}

// ownersOnly refuses all but owners.
func ownersOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if audit.PrincipalFrom(r.Context()).Role < audit.RoleOwner {
			refuse(w, r, &audit.Error{Code: audit.Forbidden, Message: "this needs the role owner"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuse answers a request that goes no further, in the shape of the API that was called.
func refuse(w http.ResponseWriter, r *http.Request, reason *audit.Error) {
	if r.URL.Path == "/graphql" {
		server.Refuse(w, r, reason)
		return
	}
	rest.Refuse(w, r, reason)
}
