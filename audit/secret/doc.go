// Package secret keeps what is in a store from being read there: passwords and
// tokens are encrypted with AES-256-GCM before they reach the registry.
//
// A [Key] encrypts; a [Vault] is the keys of a process, newest first, of which the
// first encrypts and all decrypt. Every process that shares a store must have the
// same keys, which the vault sees to: a document in the registry, encrypted like
// everything else, tells a process with another key before it does harm.
package secret
