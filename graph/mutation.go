package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/graph/model"
)

// maxBulkEvents is how many events one mutation may send; more go over REST.
const maxBulkEvents = 10_000

// BulkAuditEvents takes events in.
func (r mutationResolver) BulkAuditEvents(
	ctx context.Context, input model.BulkAuditEventsInput,
) (*model.BulkAuditEventsPayload, error) {
	if len(input.Events) > maxBulkEvents {
		return nil, audit.Invalid("input.events", "at most %d can be sent at once", maxBulkEvents)
	}
	events := make([]json.RawMessage, len(input.Events))
	for i, event := range input.Events {
		sent, err := bulkEvent(event)
		if err != nil {
			return nil, fmt.Errorf("write event %d: %w", i, err)
		}
		events[i] = sent
	}
	statuses, err := r.ingester.Ingest(ctx, audit.PrincipalFrom(ctx), events)
	if err != nil {
		return nil, err
	}
	return payloadOf(statuses), nil
}

// bulkEvent is the event as REST would send it.
func bulkEvent(event model.BulkAuditEventInput) (json.RawMessage, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		UniqueID   string          `json:"unique_id"`
		CreateTime string          `json:"create_time"`
		Event      json.RawMessage `json:"event"`
	}{event.UniqueID, event.CreateTime, json.RawMessage(event.Event)})
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

func payloadOf(statuses []audit.EventStatus) *model.BulkAuditEventsPayload {
	payload := &model.BulkAuditEventsPayload{}
	for i, status := range statuses {
		result := model.BulkAuditEventResult{UniqueID: status.UniqueID,
			Status: model.BulkAuditEventStatus(strings.ToUpper(string(status.Status)))}
		if status.Message != "" && status.Status != audit.StatusSuccess {
			result.Message = &status.Message
		}
		payload.Results = append(payload.Results, result)
		switch status.Status {
		case audit.StatusSuccess:
			payload.SuccessCount++
		case audit.StatusDuplicate:
			payload.DuplicateCount++
		case audit.StatusInvalid:
			payload.UserErrors = append(payload.UserErrors, userError(i, status))
		}
	}
	return payload
}

func userError(i int, status audit.EventStatus) model.UserError {
	field := fmt.Sprintf("events.%d", i)
	return model.UserError{Field: &field, Message: status.Message, Code: string(audit.BadUserInput)}
}
