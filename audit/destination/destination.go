package destination

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// The types of destinations.
const (
	File    = "file"
	Webhook = "webhook"
	Syslog  = "syslog"
	Graylog = "graylog"
)

// The ways in which a server proves to a destination who it is.
const (
	NoAuthentication  = "none"
	HTTPBasic         = "http_basic"
	HTTPBearer        = "http_bearer"
	AgilicusBearer    = "agilicus_bearer"
	ClientCertificate = "client_certificate"
	OAuth2Credentials = "oauth2"
)

// The forms of what a webhook is sent.
const (
	FormatAgilicus = "agilicus"
	FormatUnified  = "unified"
)

// Destination is where the events of an organisation are sent to. What stands in
// an Extra are additional properties, which are kept as they were sent.
type Destination struct {
	ID      string
	Created time.Time
	// Updated is when it was changed last, to the microsecond. It differs from change
	// to change: who has the present one has seen the present destination.
	Updated time.Time
	Spec    Spec

	Extra, MetadataExtra []audit.Member

	Beginning Beginning // where its delivery begins
	Keys      *Keys     // nil unless it was revealed, and where there is no key to encrypt them

	sealed     string // the whole authentication, encrypted, where Spec has not all of it
	sealedKeys string // the keys, encrypted
}

// Spec is what its owner says of a destination.
type Spec struct {
	Enabled        bool
	Name           string // no other of the organisation has it
	OrgID          string
	Type           string
	Location       string
	Comment        string
	Filters        Filters
	MaxEvents      int // in one transaction; 0 is any number
	Authentication *Authentication
	Webhook        *WebhookSettings
	Routing        *Routing
	Delivery       *DeliverySettings
	Extra          []audit.Member
}

// WebhookSettings say how a webhook is sent to.
type WebhookSettings struct {
	Format string
	Extra  []audit.Member
}

// Routing says how a destination is reached.
type Routing struct {
	External bool
	Extra    []audit.Member
}

// Authentication is how the server proves who it is. It holds secrets, and prints
// nothing but its type.
type Authentication struct {
	Type   string
	Basic  *Basic
	Bearer *Bearer
	OAuth2 *OAuth2
	Extra  []audit.Member
}

// Basic is a user's name and password.
type Basic struct {
	Username, Password string
	Extra              []audit.Member
}

// Bearer is a token.
type Bearer struct {
	Token string
	Extra []audit.Member
}

// OAuth2 is where and with what a token is fetched.
type OAuth2 struct {
	TokenURL, ClientID string
	ClientSecret       *string
	Scopes             []string
	FederatedAudience  *string
	BearerFingerprint  *string
	Extra              []audit.Member
}

// Format prints the type alone, whatever is asked for.
func (a *Authentication) Format(f fmt.State, _ rune) {
	if a == nil {
		_, _ = fmt.Fprint(f, "<nil>")
		return
	}
	_, _ = fmt.Fprintf(f, "{%s …}", a.Type)
}

// MarshalJSON writes the type alone, for logs. The API's form is of [Destination.JSON].
func (a *Authentication) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"authentication_type": a.Type})
}

// withoutSecrets is what those may see who may not write destinations. Members that
// the published client could not do without are left out with all that they are in;
// so are additional properties, which may be secret.
func (a *Authentication) withoutSecrets() *Authentication {
	if a == nil {
		return nil
	}
	open := &Authentication{Type: a.Type}
	if o := a.OAuth2; o != nil {
		open.OAuth2 = &OAuth2{TokenURL: o.TokenURL, ClientID: o.ClientID, Scopes: o.Scopes,
			FederatedAudience: o.FederatedAudience, BearerFingerprint: o.BearerFingerprint}
	}
	return open
}

// WithoutSecrets returns the destination as those may see it who may not write it.
func (d Destination) WithoutSecrets() Destination {
	d.Spec.Authentication, d.Keys = d.Spec.Authentication.withoutSecrets(), nil
	return d
}
