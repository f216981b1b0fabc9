// Package auth learns from a bearer token, a JSON Web Token (RFC 7519), who
// calls: an audit.Principal with its orgs and its role.
//
// A token is believed when its signature fits a key of this server under an
// algorithm made for that kind of key, when it has not expired, and when issuer
// and audience are the configured ones. docs/authentication.md is for those who
// run a server.
package auth
