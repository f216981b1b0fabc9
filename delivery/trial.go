package delivery

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/flow"
)

// testPatience is how long a test may take.
const testPatience = 20 * time.Second

// Test implements destination.Deliverer: it sends by a sender of its own, so that
// what is delivered does not wait.
func (d *Delivery) Test(ctx context.Context, to destination.Destination) (destination.TestReport, error) {
	to, err := d.options.Destinations.Reveal(to)
	if err != nil {
		return destination.TestReport{}, fmt.Errorf("test a destination: %w", err)
	}
	event, err := d.testEvent(to)
	if err != nil {
		return destination.TestReport{}, fmt.Errorf("test a destination: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, testPatience)
	defer cancel()
	began := time.Now()
	report := d.try(ctx, to, event)
	report.Duration, report.EventID = time.Since(began), event.UniqueID
	return report, nil
}

// try sends a row, and says what the receiver says.
func (d *Delivery) try(ctx context.Context, to destination.Destination, r *audit.Record) destination.TestReport {
	var result Result
	err := safely(func() error {
		sender, encoder, err := d.open(to)
		if err != nil {
			return err
		}
		defer func() { _ = sender.Close() }() // what matters, Send has said
		body, err := encoder.Encode(nil, r)
		if err != nil {
			return err
		}
		result, err = sender.Send(ctx, []Message{{ID: r.UniqueID, Time: r.Time, Body: body, Record: r}})
		return err
	})
	if err != nil {
		failure := FailureOf(err)
		return destination.TestReport{Message: failure.Reason, Status: failure.Status}
	}
	report := destination.TestReport{Accepted: true, Message: result.Answer, Status: result.Status}
	if report.Message == "" {
		report.Message = "taken"
	}
	switch {
	case len(result.Refused) > 0:
		report.Accepted, report.Message = false, "refused: "+result.Refused[0].Reason
	case len(result.Retry) > 0:
		report.Accepted, report.Message = false, "the receiver wants it again later"
	}
	return report
}

// testEvent makes the marked event, or the login flow that it alone is.
func (d *Delivery) testEvent(to destination.Destination) (*audit.Record, error) {
	now := d.options.Now().UTC()
	id := "authtrail-test-" + rand.Text()
	raw, err := json.Marshal(map[string]any{
		"unique_id": id, "create_time": now.Format(time.RFC3339Nano),
		"event": map[string]any{
			"time": now.Format(time.RFC3339Nano), "org_id": to.Spec.OrgID, "subsystem": "auth_audits", "event_name": "Authtrail Test", "event": "Success",
			"stage": "test", "message": "A test of this destination; nobody has logged in.", "test": true,
		},
	})
	if err != nil {
		return nil, err
	}
	r, err := audit.DecodeEvent(raw, to.Spec.OrgID)
	if err != nil || to.Spec.ContentOf() != destination.ContentLoginFlows {
		return r, err
	}
	stitched := flow.StitchAll([]*audit.Record{r}, flow.Rules{Idle: time.Minute})
	state, _ := flow.Revise(nil, stitched[0], now.Add(time.Hour), time.Minute)
	return flow.NewRow(state), nil
}
