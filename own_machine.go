package main

import (
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

func forbid(w http.ResponseWriter, r *http.Request, message string) {
	refuse(w, r, &audit.Error{Code: audit.Forbidden, Message: message})
}
