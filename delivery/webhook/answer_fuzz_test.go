package webhook

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/delivery"
)

// Whatever a receiver answers, an event is refused or sent again once and not both,
// and nobody waits for longer than is allowed.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		"", "{}", "[]", "null", `{"retry_events":null}`, `{"discard_events":[{"unique_id":"a","status":"invalid"}],"retry_events":[{"unique_id":"b"}]}`,
		`{"discard_events":[{"unique_id":"a"},{"unique_id":"a"},{"unique_id":"invalid-1"}],"retry_events":[{"unique_id":"a"},{"unique_id":"invalid-0"}]}`,
		`{"retry_events":[{"unique_id":"c"}],"retry_after_delay_seconds":1e999,"retry_after_date":"9999-12-31T23:59:59Z"}`,
		`{"discard_events":[{"unique_id":"invalid--1","status":"\u0000\ud800"},{"unique_id":"invalid-99999999999999999999"}]}`,
	} {
		f.Add([]byte(body), "120", true)
		f.Add([]byte(body), "Fri, 31 Dec 9999 23:59:59 GMT", false)
	}
	batch := []delivery.Message{{ID: "a"}, {ID: "b"}, {ID: "c"}}
	f.Fuzz(func(t *testing.T, body []byte, wait string, bulk bool) {
		secret := conceal("Bearer x")
		s := &sender{shape: array, options: Options{Now: time.Now}}
		if bulk {
			s.shape = bulkDocument
		}
		result, err := s.taken(batch, reply{status: 200, header: http.Header{"Retry-After": {wait}}, body: body, credentials: secret}, secret.excerpt(body))
		if err != nil {
			return
		}
		var places []int
		for _, refusal := range result.Refused {
			places = append(places, refusal.Place)
		}
		if !slices.IsSorted(places) || !slices.IsSorted(result.Retry) {
			t.Errorf("out of order: %+v", result)
		}
		places = append(places, result.Retry...)
		slices.Sort(places)
		if len(slices.Compact(slices.Clone(places))) != len(places) || len(places) > 0 && (places[0] < 0 || places[len(places)-1] >= len(batch)) {
			t.Errorf("%s: %+v", body, result)
		}
		if result.After < 0 || result.After > maxWait {
			t.Errorf("%s, %s: after %s", body, wait, result.After)
		}
	})
}
