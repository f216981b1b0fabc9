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
		field, message := faultOf(status)
		result := model.BulkAuditEventResult{UniqueID: status.UniqueID,
			Status: model.BulkAuditEventStatus(strings.ToUpper(string(status.Status)))}
		if message != "" && status.Status != audit.StatusSuccess {
			shown := strings.TrimPrefix(field+": "+message, ": ")
			result.Message = &shown
		}
		payload.Results = append(payload.Results, result)
		switch status.Status {
		case audit.StatusSuccess:
			payload.SuccessCount++
		case audit.StatusDuplicate:
			payload.DuplicateCount++
		case audit.StatusInvalid:
			place := strings.TrimSuffix(fmt.Sprintf("events.%d.%s", i, field), ".")
			payload.UserErrors = append(payload.UserErrors,
				model.UserError{Field: &place, Message: message, Code: string(audit.BadUserInput)})
		}
	}
	return payload
}

// membersOfInput are the members of an event as BulkAuditEventInput spells them.
// Whatever else is at fault is a member of the event itself, which keeps its names.
var membersOfInput = map[string]string{"": "", "unique_id": "uniqueId", "create_time": "createTime", "event": "event"}

// faultOf returns the member of an input that is at fault, if one is, and what is
// wrong with it.
func faultOf(status audit.EventStatus) (field, message string) {
	field, ok := membersOfInput[status.Field]
	if !ok {
		field = "event." + status.Field
	}
	if status.Field == "" {
		return field, status.Message
	}
	return field, strings.TrimPrefix(status.Message, status.Field+": ")
}
