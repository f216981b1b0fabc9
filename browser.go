package main

import (
	"fmt"
	"net/http"

	"github.com/go-chi/cors"
)

// inertPolicy is for answers that are no pages: opened in a browser they may load
// nothing, run nothing, and be shown in no frame.
const inertPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// safeHeaders says to browsers what they must not do with an answer. Pages set a
// policy of their own, and how long their files may be kept.
func safeHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", inertPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// otherOrigins lets the pages of some origins read the answers. Tokens are sent by
// the page itself: cookies mean nothing here, so credentials stay forbidden.
func otherOrigins(origins []string) func(http.Handler) http.Handler {
	if len(origins) == 0 { // which cors would take for all origins
		return func(next http.Handler) http.Handler { return next }
	}
	return cors.Handler(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete},
		AllowedHeaders: []string{"Accept", "Authorization", "Content-Type", "Content-Encoding"},
		ExposedHeaders: []string{"Link", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"},
		MaxAge:         600,
	})
}

// signpost is what stands at the root where the playground is switched off.
func signpost(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprint(w, "Authtrail answers programs here: GraphQL at /graphql, REST below /v1, described by /v1/openapi.json.\n")
}
