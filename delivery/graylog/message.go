package graylog

import (
	"encoding/json"
	"fmt"

	"github.com/authtrail/authtrail/delivery"
)

// fixed are the members that every message has.
type fixed struct {
	Version   string      `json:"version"`
	Host      string      `json:"host"`
	Short     string      `json:"short_message"`
	Full      string      `json:"full_message"`
	Timestamp json.Number `json:"timestamp"`
	Level     int         `json:"level"`
	Kind      string      `json:"_kind"`
	EventID   string      `json:"_event_id"`
}

// message appends a GELF message. An additional field that was called _id would be
// refused, so the event's id is _event_id.
func (s *sender) message(to []byte, m delivery.Message) ([]byte, error) {
	about, err := s.summarizer.Summary(m.Record)
	if err != nil {
		return to, err
	}
	ms := about.Time.UnixMilli()
	head, err := json.Marshal(fixed{
		Version: "1.1", Host: s.host, Short: about.Title, Full: string(m.Body),
		Timestamp: json.Number(fmt.Sprintf("%d.%03d", ms/1000, ms%1000)),
		Level:     about.Outcome.Severity(), Kind: about.Kind, EventID: about.ID,
	})
	if err != nil {
		return to, fmt.Errorf("write the message: %w", err)
	}
	to = append(to, head[:len(head)-1]...)
	for _, field := range about.Fields {
		value, _ := json.Marshal(field.Value)
		to = append(append(append(to, `,"_`...), field.Name...), `":`...)
		to = append(to, value...)
	}
	return append(to, '}'), nil
}
