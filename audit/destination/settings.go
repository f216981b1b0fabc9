package destination

import (
	"time"

	"github.com/authtrail/authtrail/audit"
)

// What a destination is sent.
const (
	ContentRecords    = "records"     // every event, as it is stored
	ContentLoginFlows = "login_flows" // every login flow as one envelope, once it is closed
)

// The forms that DeliverySettings know beside FormatAgilicus and FormatUnified.
const (
	FormatOCSF = "ocsf" // OCSF Authentication, class 3002
	FormatECS  = "ecs"  // Elastic Common Schema
	FormatCEF  = "cef"  // Common Event Format
)

// What a Redaction does with a value.
const (
	RedactRemove = "remove"
	RedactHash   = "hash"
)

// DeliverySettings say how events are delivered, whatever the type of the
// destination. They are the member delivery_settings of a spec, which the published
// API does not have: its clients keep it as an additional property.
type DeliverySettings struct {
	// Format is the form of events. Empty is that of the webhook settings, else
	// FormatAgilicus.
	Format string
	// Content is ContentRecords where empty.
	Content string
	// Redactions are made before an event leaves, in every format.
	Redactions []Redaction
	// PauseAfter is for how long the receiver may take nothing before the delivery
	// is paused; 0 is the server's default. In the API it is in seconds.
	PauseAfter time.Duration
	Extra      []audit.Member
}

// Redaction takes a property out of events, or puts a hash in its place, by which
// equal values of one destination still look equal.
type Redaction struct {
	Field  string // the name of a property of the event; a.b is that of an object in it
	Action string // RedactRemove or RedactHash
	Extra  []audit.Member
}

// Keys are secrets of a destination that the server made. They are known of a
// revealed destination only. They print nothing.
type Keys struct {
	// Signing signs what a webhook is sent, as Standard Webhooks writes it: whsec_
	// and 24 to 64 bytes in base64. Empty for what never was a webhook.
	Signing string
	// Hashing keys the hashes of redacted values: 32 random bytes. Nil for what never
	// had any hashed.
	Hashing []byte
}

// Beginning is where in the feeds a destination begins: at their ends when it was
// created, before which it is sent nothing.
type Beginning struct {
	Records audit.Position `json:"records"`
	Flows   audit.Position `json:"flows"`
}

// FormatOf returns the form in which a destination wants its events.
func (s Spec) FormatOf() string {
	switch {
	case s.Delivery != nil && s.Delivery.Format != "":
		return s.Delivery.Format
	case s.Webhook != nil && s.Webhook.Format != "":
		return s.Webhook.Format
	}
	return FormatAgilicus
}

// ContentOf returns what a destination wants to be sent.
func (s Spec) ContentOf() string {
	if s.Delivery != nil && s.Delivery.Content != "" {
		return s.Delivery.Content
	}
	return ContentRecords
}
