package webhook

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/authtrail/authtrail/delivery"
)

// processed is the documented answer. What became of the events in success_events is
// known without reading it.
type processed struct {
	Discard []eventStatus `json:"discard_events"`
	Retry   []eventStatus `json:"retry_events"`
	Date    string        `json:"retry_after_date"`
	Delay   float64       `json:"retry_after_delay_seconds"`
}

// eventStatus is what became of one event.
type eventStatus struct {
	ID      string `json:"unique_id"`
	Status  string `json:"status"`
	Message string `json:"status_message"`
}

// taken reads an answer of 2xx: an event that is not among those to discard or to send
// again was taken. An answer to the bulk document that cannot be read may be of somebody
// else, and says nothing; where other forms were sent, the status is all that is said.
func (s *sender) taken(batch []delivery.Message, answer reply, said string) (delivery.Result, error) {
	result := delivery.Result{Status: answer.status, Answer: said}
	text := bytes.TrimSpace(answer.body)
	if len(text) == 0 {
		return result, nil
	}
	var p processed
	if text[0] != '{' || json.Unmarshal(text, &p) != nil {
		if s.shape.documentedAnswer {
			return delivery.Result{}, &delivery.Failure{Status: answer.status,
				Reason: inWords(answer.status, said) + " (which is not an answer to events: want nothing, or the documented object)"}
		}
		return result, nil
	}
	if len(p.Discard)+len(p.Retry) == 0 {
		return result, nil
	}
	if err := p.sort(batch, answer.credentials, &result); err != nil {
		return delivery.Result{}, err
	}
	if len(result.Retry) > 0 {
		now := s.options.Now()
		result.After = max(inSeconds(p.Delay), untilDate(p.Date, answer.header, now), retryAfter(answer.header, now))
	}
	return result, nil
}

// sort finds the events of a batch that the answer names.
func (p processed) sort(batch []delivery.Message, credentials *concealed, result *delivery.Result) error {
	places := make(map[string][]int, len(batch)) // an id may be there twice, with different times
	for i := range batch {
		places[batch[i].ID] = append(places[batch[i].ID], i)
	}
	again := map[int]bool{}
	for _, event := range p.Retry {
		found := placesOf(event.ID, places, len(batch))
		if len(found) == 0 {
			return &delivery.Failure{Status: result.Status, Reason: "the receiver wants events again that it was not sent (retry_events)"}
		}
		for _, place := range found {
			again[place] = true
		}
	}
	refused := map[int]bool{}
	for _, event := range p.Discard {
		for _, place := range placesOf(event.ID, places, len(batch)) {
			if event.Status != "duplicate" && !again[place] && !refused[place] {
				refused[place] = true
				result.Refused = append(result.Refused, delivery.Refusal{Place: place, Reason: event.reason(credentials)})
			}
		}
	}
	for place := range again {
		result.Retry = append(result.Retry, place)
	}
	slices.Sort(result.Retry)
	slices.SortFunc(result.Refused, func(a, b delivery.Refusal) int { return cmp.Compare(a.Place, b.Place) })
	return nil
}

// placesOf finds an event. One whose id the receiver could not read is called invalid-
// and its place in the list, as this server does.
func placesOf(id string, places map[string][]int, sent int) []int {
	if found := places[id]; len(found) > 0 {
		return found
	}
	number, called := strings.CutPrefix(id, "invalid-")
	if place, err := strconv.Atoi(number); called && err == nil && place >= 0 && place < sent {
		return []int{place}
	}
	return nil
}

// reason is for the dead letter, which does not repeat what proves who the server is.
func (e eventStatus) reason(credentials *concealed) string {
	words := "the receiver discards it as " + cmp.Or(credentials.excerpt([]byte(e.Status)), "not wanted")
	if said := credentials.excerpt([]byte(e.Message)); said != "" {
		words += ": " + said
	}
	return words
}

// untilDate is how long it is until retry_after_date, 0 where that cannot be read. One
// without a zone is in UTC.
func untilDate(date string, header http.Header, now time.Time) time.Duration {
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00"} {
		if at, err := time.Parse(form, date); err == nil {
			return until(at, header, now)
		}
	}
	return 0
}
