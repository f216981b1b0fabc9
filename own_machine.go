package main

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// ownMachineOnly refuses what a web page has a browser on this machine send.
// Without authentication a caller proves nothing but that it is on this machine,
// and so is the browser. A page can call the server by a name of its own that
// leads to 127.0.0.1 (DNS rebinding), and so read the answers; and it can post
// events from elsewhere without reading them.
func ownMachineOnly(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forbid(w, r, "Origin: pages of other sites may not send anything to this server")
	}))
	own := protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "" && !isLoopback(hostOf(r)) { // no browser leaves it out
			forbid(w, r, "Host: without authentication the server answers to localhost, 127.0.0.1 and [::1] only")
			return
		}
		own.ServeHTTP(w, r)
	})
}

// hostOf returns the host that the client thinks it speaks to, without the port.
func hostOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = strings.Trim(r.Host, "[]")
	}
	return host
}

// forbid answers 403 in the shape of the API that was called.
func forbid(w http.ResponseWriter, r *http.Request, message string) {
	var answer any = map[string]string{"error_code": string(audit.Forbidden), "error_message": message}
	if r.URL.Path == "/graphql" {
		answer = map[string]any{"errors": []any{map[string]any{
			"message": message, "extensions": map[string]string{"code": string(audit.Forbidden)}}}}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusForbidden)
	_ = json.NewEncoder(w).Encode(answer) // the client has gone if this fails
}
