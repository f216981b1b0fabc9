// Package token signs the short-lived tokens (JWT) by which receivers know this
// server, and publishes the public keys that they verify them with.
//
// All processes that share a store sign with the same keys, which are in the registry,
// the private halves encrypted by the vault. The first is made when there is something
// to sign. A key signs for 30 days; the next is published before it signs, and the last
// stays published until no token of it can be valid.
package token
