package node

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/graph/model"
)

// AuditDestination is where the events of an org are delivered to.
type AuditDestination struct {
	destination.Spec
	siblings *siblings
	at       int
}

// siblings are destinations that were read together. How their deliveries go is asked
// for all of them at once.
type siblings struct {
	reader *Reader
	all    []destination.Destination
	memo   memo
}

func destinationsOf(r *Reader, all []destination.Destination) []*AuditDestination {
	nodes, together := make([]*AuditDestination, len(all)), &siblings{reader: r, all: all}
	for i := range all {
		nodes[i] = &AuditDestination{Spec: all[i].Spec, siblings: together, at: i}
	}
	return nodes
}

// DestinationOf returns the node of a destination.
func DestinationOf(r *Reader, d destination.Destination) *AuditDestination {
	return destinationsOf(r, []destination.Destination{d})[0]
}

// IsNode implements Node.
func (*AuditDestination) IsNode() {}

func (d *AuditDestination) stored() destination.Destination { return d.siblings.all[d.at] }

// ID is the global id.
func (d *AuditDestination) ID() string {
	return globalID{destinationID, d.OrgID, d.stored().ID}.String()
}

// DestinationID is the id that it has over REST.
func (d *AuditDestination) DestinationID() string { return d.stored().ID }

// Created is when it was created.
func (d *AuditDestination) Created() time.Time { return d.stored().Created }

// Updated is when it was changed last.
func (d *AuditDestination) Updated() time.Time { return d.stored().Updated }

// SigningSecret is what signs what a webhook is sent; nil to all but owners.
func (d *AuditDestination) SigningSecret(ctx context.Context) (*string, error) {
	seen, err := d.revealed(ctx)
	if err != nil || seen.Keys == nil || seen.Spec.Type != destination.Webhook {
		return nil, err
	}
	return optional(seen.Keys.Signing), nil
}

// Authentication is how the server proves who it is, as far as the caller may see.
func (d *AuditDestination) Authentication(ctx context.Context) (*model.AuditDestinationAuthentication, error) {
	seen, err := d.revealed(ctx)
	if err != nil {
		return nil, err
	}
	return authenticationOf(seen.Spec.Authentication), nil
}

func (d *AuditDestination) revealed(ctx context.Context) (destination.Destination, error) {
	return d.siblings.reader.Destinations.RevealTo(audit.PrincipalFrom(ctx), d.stored())
}

// Extra are the additional properties of its spec, as an object.
func (d *AuditDestination) Extra() (model.JSON, error) { return objectOf(d.Spec.Extra) }

// DestinationHealth is how a delivery goes.
type DestinationHealth struct {
	State                                              destination.State
	LastSuccess, LastErrorAt, NextAttempt, PausedSince *time.Time
	LastError                                          *string
	Delivered, Skipped, Retries, DeadLetters           int64
	LagEvents                                          *int64
	LagSeconds                                         float64
	Replay                                             *DestinationReplay
}

// DestinationReplay is a repetition of the events of a time.
type DestinationReplay struct {
	From, To, RequestedAt time.Time
	FinishedAt            *time.Time
	Delivered             int64
}

// Health is how its delivery goes.
func (d *AuditDestination) Health(ctx context.Context) (*DestinationHealth, error) {
	all, err := once(&d.siblings.memo, "health", func() ([]destination.Health, error) {
		return d.siblings.reader.Deliverer.Health(ctx, d.siblings.all)
	})
	if err != nil {
		return nil, err
	}
	h := all[d.at]
	health := &DestinationHealth{State: h.State, LastSuccess: moment(h.LastSuccess), LastErrorAt: moment(h.LastErrorAt),
		NextAttempt: moment(h.NextAttempt), PausedSince: moment(h.PausedSince), LastError: optional(h.LastError),
		Delivered: h.Delivered, Skipped: h.Skipped, Retries: h.Retries, DeadLetters: h.DeadLetters, LagSeconds: h.LagSeconds,
		Replay: ReplayOf(h.Replay)}
	if audit.PrincipalFrom(ctx).Scope().All() { // it counts the events of all orgs
		health.LagEvents = &h.LagEvents
	}
	return health, nil
}

// ReplayOf returns a replay as it is shown, nil where there is none.
func ReplayOf(r *destination.Replay) *DestinationReplay {
	if r == nil {
		return nil
	}
	return &DestinationReplay{From: r.From, To: r.To, RequestedAt: r.RequestedAt, FinishedAt: moment(r.FinishedAt), Delivered: r.Delivered}
}

// DestinationDeadLetter is an event that a receiver refused for good.
type DestinationDeadLetter struct {
	ID, OrgID, EventID, Reason string
	At                         time.Time
}

// DeadLetters are the events that the receiver refused for good, the latest first.
func (d *AuditDestination) DeadLetters(ctx context.Context, first int32, before *string) ([]DestinationDeadLetter, error) {
	limit, err := pageSize("first", first)
	if err != nil {
		return nil, err
	}
	from := ""
	if before != nil {
		from = *before
	}
	found, err := d.siblings.reader.Deliverer.DeadLetters(ctx, d.stored(), from, limit)
	if err != nil {
		return nil, err
	}
	letters := make([]DestinationDeadLetter, len(found))
	for i, l := range found {
		letters[i] = DestinationDeadLetter{ID: l.ID, OrgID: l.Key.Org, EventID: l.Key.UniqueID, Reason: l.Reason, At: l.At}
	}
	return letters, nil
}

// moment returns nil for no time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// DestinationPayload answers a mutation with a destination.
type DestinationPayload struct {
	AuditDestination *AuditDestination
	UserErrors       []model.UserError
}

// ReplayPayload answers a mutation with a replay.
type ReplayPayload struct {
	Replay     *DestinationReplay
	UserErrors []model.UserError
}
