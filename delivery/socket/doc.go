// Package socket keeps the connection to a receiver that answers nothing, over UDP, TCP
// or TLS: it is made when there is something to send, and again when it broke.
//
// Such a protocol does not say what was taken. Over TCP the next best is known: what
// was written is dealt with when the receiver's system has acknowledged all of it (on
// Linux; elsewhere when it was written) and the receiver has not closed the
// connection. What a receiver had not read yet when its process died is lost with it.
// Over UDP nothing is known, but that a receiver's system may say that nobody listens; so
// datagrams are not sent in long bursts, which fill the buffers of receivers.
package socket
