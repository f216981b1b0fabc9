// Package deliverytest has a real HTTP receiver that fails as receivers do, by a plan
// that a seed makes, and knows afterwards whether what it was sent is what a delivery
// promises; and a suite that every [delivery.Sender] passes. It is for tests.
package deliverytest
