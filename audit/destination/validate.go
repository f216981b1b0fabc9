package destination

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/authtrail/authtrail/audit"
)

// The limits of what a client of the documented API sends and takes.
const (
	MaxName   = 128   // characters
	maxURL    = 2_048 // characters, of an address or a name of an audience
	maxClient = 1_024 // characters, of a client's id or secret
)

// validate checks what can be said without knowing the server.
func (s Spec) validate() error {
	switch {
	case s.Name == "":
		return audit.Invalid("spec.name", "must not be empty")
	case utf8.RuneCountInString(s.Name) > MaxName:
		return audit.Invalid("spec.name", "is longer than %d characters", MaxName)
	case len(s.OrgID) > audit.MaxEntryOrg:
		return audit.Invalid("spec.org_id", "is longer than %d bytes", audit.MaxEntryOrg)
	}
	switch s.Type {
	case File, Webhook, Syslog, Graylog:
	case "connector":
		return audit.Invalid("spec.destination_type", "no connector is known to this server; use file, webhook, syslog or graylog")
	default:
		return audit.Invalid("spec.destination_type", "must be file, webhook, syslog or graylog")
	}
	if s.Webhook != nil && s.Webhook.Format != FormatAgilicus && s.Webhook.Format != FormatUnified {
		return audit.Invalid("spec.webhook_settings.format", "must be agilicus or unified")
	}
	if err := s.validateDelivery(); err != nil {
		return err
	}
	return s.Authentication.validate()
}

// check refuses what this server cannot deliver to, whatever the spec says of itself.
// What nothing is sent to may ask for what the server lacks: so that it can be disabled.
func (s *Store) check(spec Spec) error {
	if err := checkLocation(spec, s.options.Folder.Of(spec.OrgID)); err != nil {
		return err
	}
	if s.options.NoIssuer && spec.Enabled && spec.Type == Webhook && spec.Authentication.needsIssuer() {
		return audit.Invalid(authenticationPath+"authentication_type",
			"this server cannot sign the tokens that this needs, since it does not know the address that receivers verify them by; it needs --public-url")
	}
	return nil
}

const authenticationPath = "spec.authentication."

// token is RFC 6750's b64token, as the published client checks it.
var token = regexp.MustCompile(`^[0-9a-zA-Z\-._~+/=]+$`)

// validate never says what it was given: it holds secrets.
func (a *Authentication) validate() error {
	if a == nil {
		return nil
	}
	missing := ""
	switch a.Type {
	case NoAuthentication, AgilicusBearer, ClientCertificate:
	case HTTPBasic:
		missing = absent(a.Basic == nil, HTTPBasic)
	case HTTPBearer:
		missing = absent(a.Bearer == nil, HTTPBearer)
	case OAuth2Credentials:
		missing = absent(a.OAuth2 == nil, OAuth2Credentials)
	default:
		return audit.Invalid(authenticationPath+"authentication_type",
			"must be none, http_basic, http_bearer, agilicus_bearer, client_certificate or oauth2")
	}
	switch {
	case missing != "":
		return audit.Invalid(authenticationPath+missing, "is missing, which the authentication_type needs")
	case a.Basic != nil && strings.Contains(a.Basic.Username, ":"):
		return audit.Invalid(authenticationPath+"http_basic.username", "must not contain ':', as RFC 7617 has it")
	case a.Bearer != nil && !token.MatchString(a.Bearer.Token):
		return audit.Invalid(authenticationPath+"http_bearer.token", "must be letters, digits and -._~+/=, as RFC 6750 has it")
	}
	return a.OAuth2.validate()
}

// needsIssuer reports whether the server has to sign something to be let in.
func (a *Authentication) needsIssuer() bool {
	if a == nil || a.Type != OAuth2Credentials {
		return a != nil && a.Type == AgilicusBearer
	}
	given := func(text *string) bool { return text != nil && *text != "" }
	return !given(a.OAuth2.ClientSecret) && given(a.OAuth2.FederatedAudience)
}

func absent(is bool, name string) string {
	if is {
		return name
	}
	return ""
}

func (o *OAuth2) validate() error {
	if o == nil {
		return nil
	}
	for _, limit := range []struct {
		name  string
		value *string
		most  int
	}{
		{"token_url", &o.TokenURL, maxURL}, {"client_id", &o.ClientID, maxClient},
		{"client_secret", o.ClientSecret, maxClient},
		{"federated_audience", o.FederatedAudience, maxURL}, {"bearer_fingerprint", o.BearerFingerprint, maxURL},
	} {
		if limit.value != nil && utf8.RuneCountInString(*limit.value) > limit.most {
			return audit.Invalid(authenticationPath+"oauth2."+limit.name, "is longer than %d characters", limit.most)
		}
	}
	if reason := checkWeb(o.TokenURL); reason != "" {
		return audit.Invalid(authenticationPath+"oauth2.token_url", "%s", reason)
	}
	return nil
}
