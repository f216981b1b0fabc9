package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/authtrail/authtrail/audit"
)

// jwks answers the public keys that receivers verify this server's tokens with. A new
// key is published for longer than an answer may be kept before it signs.
func jwks(set func(context.Context) (json.RawMessage, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		keys, err := set(r.Context())
		if err != nil {
			refuse(w, r, audit.AsError(err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "public, max-age=300")
		_, _ = w.Write(keys) // the client has gone if this fails
	}
}
