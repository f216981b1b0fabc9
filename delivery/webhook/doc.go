// Package webhook sends events to receivers over HTTP, as docs/webhooks.md has it: the
// documented bulk document or an array, with each of the documented ways of
// authentication, and signed as Standard Webhooks has it. It reads the answers as this
// server writes them.
package webhook
