// Package graylog sends events as GELF 1.1: over UDP packed and, where they are long, in
// chunks, over TCP and TLS with a zero byte behind each. docs/formats.md says what
// stands where.
package graylog
