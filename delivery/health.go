package delivery

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/lease"
)

// Health implements destination.Deliverer.
func (d *Delivery) Health(ctx context.Context, destinations []destination.Destination) ([]destination.Health, error) {
	states, err := d.statesOf(ctx, destinations)
	if err != nil {
		return nil, fmt.Errorf("read how deliveries go: %w", err)
	}
	all := make([]destination.Health, len(destinations))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i, of := range destinations {
		group.Go(func() (err error) {
			all[i], err = d.healthOf(ctx, of, states[keyOf(of)])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("read how deliveries go: %w", err)
	}
	return all, nil
}

// statesOf reads what is remembered of destinations, at once.
func (d *Delivery) statesOf(ctx context.Context, destinations []destination.Destination) (map[key]*state, error) {
	states, wanted, orgs := map[key]*state{}, map[key]bool{}, []string{}
	for _, of := range destinations {
		wanted[keyOf(of)] = true
		orgs = append(orgs, of.Spec.OrgID)
	}
	if len(destinations) == 1 {
		k := keyOf(destinations[0])
		s, err := d.stateOf(ctx, k)
		states[k] = s
		return states, err
	}
	if len(destinations) == 0 {
		return states, nil
	}
	err := d.entries(ctx, audit.Orgs(orgs...), leaseKind, func(entry audit.Entry) error {
		k := key{entry.Org, entry.ID}
		if !wanted[k] {
			return nil
		}
		s, err := readState(entry)
		states[k] = s
		return err
	})
	return states, err
}

// stateOf reads what is remembered of a destination.
func (d *Delivery) stateOf(ctx context.Context, k key) (*state, error) {
	entry, err := d.options.Registry.Get(ctx, k.lease())
	if isCode(err, audit.NotFound) {
		return &state{}, nil
	}
	if err != nil {
		return nil, err
	}
	return readState(entry)
}

func readState(entry audit.Entry) (*state, error) {
	text, _, err := lease.Read(entry)
	if err != nil {
		return nil, err
	}
	s, err := decodeState(text)
	return &s, err
}

func (d *Delivery) healthOf(ctx context.Context, of destination.Destination, s *state) (destination.Health, error) {
	if s == nil {
		s = &state{}
	}
	h := s.health()
	switch {
	case !of.Spec.Enabled:
		h.State = destination.Disabled
	case s.Content != of.Spec.ContentOf():
		h.State = destination.Waiting
	default:
		var err error
		if h.LagEvents, h.LagSeconds, err = d.lagOf(ctx, of, s); err != nil {
			return h, err
		}
	}
	return h, nil
}

// lagOf returns how many events were stored after the checkpoint, of all orgs, and for
// how long the first of them has been waiting: what the process that delivers knows
// exactly, and another at least since the destination was last seen to have nothing to
// send. How many of them are for the destination, only reading them would tell; the
// process that delivers knows where there are none.
func (d *Delivery) lagOf(ctx context.Context, of destination.Destination, s *state) (events int64, seconds float64, err error) {
	rows, since, position := d.rowsOf(of.Spec), s.CaughtUp, s.Position
	if told, reading := d.toldOf(of); told != nil {
		if reading == nil {
			return 0, 0, nil // all that came is dealt with, whatever others have stored
		}
		if position = told.Position; reading.After(since) {
			since = *reading
		}
	}
	events, err = rows.Behind(ctx, position)
	if isCode(err, audit.BadUserInput) {
		return 0, 0, nil // the worker starts over
	}
	if err != nil || events == 0 {
		return events, 0, err
	}
	fed, err := rows.Since(ctx, position, 1)
	if err != nil || len(fed.Records) == 0 {
		return 0, 0, err
	}
	if made := fed.Records[0].CreateTime; made.After(since) {
		since = made
	}
	return events, max(0, d.options.Now().Sub(since).Seconds()), nil
}

// Stat is how the delivery to a destination of this process goes, for metrics.
type Stat struct {
	Org, ID, Type string
	Health        destination.Health
}

// Stats returns how the deliveries of this process go.
func (d *Delivery) Stats(ctx context.Context) []Stat {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var stats []Stat
	for _, w := range d.present() {
		s := w.told.Load()
		if s == nil {
			continue
		}
		h := s.health()
		h.LagEvents, h.LagSeconds, _ = d.lagOf(ctx, w.destination, s)
		stats = append(stats, Stat{Org: w.destination.Spec.OrgID, ID: w.destination.ID, Type: w.destination.Spec.Type, Health: h})
	}
	return stats
}
