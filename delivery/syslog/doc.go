// Package syslog sends events as RFC 5424 has it: over UDP one to a datagram (RFC 5426),
// over TCP and TLS with their lengths before them (RFC 6587, RFC 5425).
// docs/formats.md says what stands where.
package syslog
