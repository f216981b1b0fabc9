package node

import (
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/graph/model"
)

// Values of enums are those of REST in capitals.

// DestinationType is what it is.
func (d *AuditDestination) DestinationType() model.AuditDestinationType {
	return model.AuditDestinationType(strings.ToUpper(d.Type))
}

// Filters say which events it wants.
func (d *AuditDestination) Filters() []model.AuditDestinationEventFilter {
	filters := make([]model.AuditDestinationEventFilter, len(d.Spec.Filters))
	for i, f := range d.Spec.Filters {
		filters[i] = model.AuditDestinationEventFilter{FilterType: f.Type, Value: f.Value, OrList: f.OrList}
	}
	return filters
}

// MaxEventsPerTransaction is how many events a transaction has at most.
func (d *AuditDestination) MaxEventsPerTransaction() *int32 { return positive(d.MaxEvents) }

func positive(n int) *int32 {
	if n <= 0 {
		return nil
	}
	number := int32(n) // Parse lets none in that is larger
	return &number
}

// WebhookSettings say how a webhook is sent to.
func (d *AuditDestination) WebhookSettings() *model.AuditDestinationWebhookSettings {
	if d.Webhook == nil {
		return nil
	}
	return &model.AuditDestinationWebhookSettings{Format: model.AuditDestinationWebhookFormat(strings.ToUpper(d.Webhook.Format))}
}

// Routing says how it is reached.
func (d *AuditDestination) Routing() *model.AuditDestinationRouting {
	if d.Spec.Routing == nil {
		return nil
	}
	return &model.AuditDestinationRouting{External: d.Spec.Routing.External}
}

// DeliverySettings say how its events are delivered.
func (d *AuditDestination) DeliverySettings() *model.AuditDestinationDeliverySettings {
	s := d.Delivery
	if s == nil {
		return nil
	}
	settings := &model.AuditDestinationDeliverySettings{
		Format: inCapitals[model.AuditDestinationFormat](s.Format), Content: inCapitals[model.AuditDestinationContent](s.Content),
		PauseAfterSeconds: positive(int(s.PauseAfter / time.Second)),
	}
	for _, r := range s.Redactions {
		settings.Redactions = append(settings.Redactions, model.AuditDestinationRedaction{
			Field: r.Field, Action: model.AuditDestinationRedactionAction(strings.ToUpper(r.Action))})
	}
	return settings
}

func inCapitals[E ~string](value string) *E {
	if value == "" {
		return nil
	}
	enum := E(strings.ToUpper(value))
	return &enum
}

func authenticationOf(a *destination.Authentication) *model.AuditDestinationAuthentication {
	if a == nil {
		return nil
	}
	seen := &model.AuditDestinationAuthentication{AuthenticationType: model.AuditDestinationAuthenticationType(strings.ToUpper(a.Type))}
	if b := a.Basic; b != nil {
		seen.HTTPBasic = &model.AuditDestinationHTTPBasic{Username: b.Username, Password: b.Password}
	}
	if b := a.Bearer; b != nil {
		seen.HTTPBearer = &model.AuditDestinationHTTPBearer{Token: b.Token}
	}
	if o := a.OAuth2; o != nil {
		seen.Oauth2 = &model.AuditDestinationOAuth2{TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret,
			Scopes: o.Scopes, FederatedAudience: o.FederatedAudience, BearerFingerprint: o.BearerFingerprint}
	}
	return seen
}
