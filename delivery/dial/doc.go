// Package dial connects to receivers on the network, and refuses addresses that
// destinations may not lead to.
//
// Whoever owns a destination chooses an address that the server then connects to,
// from inside its own network. So the address that is really dialled is checked, after
// the name was looked up: loopback, link-local (and with it the metadata services of
// clouds), private, shared and other special networks are refused, whatever name leads
// there, unless the server's operator allows them. What is refused is told in one
// sentence for all of them, so that a destination is no way to look around.
package dial
