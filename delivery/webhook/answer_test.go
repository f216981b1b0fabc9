package webhook_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/deliverytest"
	"github.com/authtrail/authtrail/delivery/webhook"
)

const some = `{"success_events":[{"unique_id":"event-0000000","status":"success"}],
	"discard_events":[{"unique_id":"event-0000002","status":"invalid","status_message":"no event"},{"unique_id":"event-0000003","status":"duplicate"}],
	"retry_events":[{"unique_id":"event-0000004","status":"too_busy"},{"unique_id":"event-0000001","status":"too_busy"}]%s}`

var refusedTwo = []delivery.Refusal{{Place: 2, Reason: "the receiver discards it as invalid: no event"}}

func TestAnswersAreReadAsDocumented(t *testing.T) {
	t.Parallel()
	date := time.Now().Add(time.Hour).UTC() // of the receiver, whose clock is an hour ahead
	for name, test := range map[string]struct {
		status int
		header map[string]string
		body   string
		want   delivery.Result
	}{
		"empty":                  {201, nil, "", delivery.Result{}},
		"no content":             {204, nil, "", delivery.Result{}},
		"empty lists":            {201, nil, `{"success_events":[],"discard_events":[],"retry_events":[]}`, delivery.Result{}},
		"some other object":      {200, nil, `{"ok":true}`, delivery.Result{}},
		"all stored":             {201, nil, `{"success_events":[{"unique_id":"event-0000000","status":"success"}],"discard_events":null,"retry_events":[]}`, delivery.Result{}},
		"some of each":           {201, nil, fmt.Sprintf(some, ""), delivery.Result{Refused: refusedTwo, Retry: []int{1, 4}}},
		"with a delay":           {201, nil, fmt.Sprintf(some, `,"retry_after_delay_seconds":2.5`), delivery.Result{Refused: refusedTwo, Retry: []int{1, 4}, After: 2500 * time.Millisecond}},
		"with a header":          {201, map[string]string{"Retry-After": "7"}, fmt.Sprintf(some, ""), delivery.Result{Refused: refusedTwo, Retry: []int{1, 4}, After: 7 * time.Second}},
		"the longer counts":      {201, map[string]string{"Retry-After": "7"}, fmt.Sprintf(some, `,"retry_after_delay_seconds":9`), delivery.Result{Refused: refusedTwo, Retry: []int{1, 4}, After: 9 * time.Second}},
		"no longer than an hour": {201, nil, fmt.Sprintf(some, `,"retry_after_delay_seconds":1e300`), delivery.Result{Refused: refusedTwo, Retry: []int{1, 4}, After: time.Hour}},
		"a delay that is none":   {201, nil, fmt.Sprintf(some, `,"retry_after_delay_seconds":-3`), delivery.Result{Refused: refusedTwo, Retry: []int{1, 4}}},
		"with a date": {201, map[string]string{"Date": date.Format(http.TimeFormat)},
			fmt.Sprintf(some, `,"retry_after_date":"`+date.Add(90*time.Second).Truncate(time.Second).Format("2006-01-02T15:04:05.000000+00:00")+`"`),
			delivery.Result{Refused: refusedTwo, Retry: []int{1, 4}, After: 90 * time.Second}},
		"a date without a zone": {201, map[string]string{"Date": date.Format(http.TimeFormat)},
			fmt.Sprintf(some, `,"retry_after_date":"`+date.Add(60*time.Second).Truncate(time.Second).Format("2006-01-02T15:04:05")+`"`),
			delivery.Result{Refused: refusedTwo, Retry: []int{1, 4}, After: time.Minute}},
		"a delay without events to send again": {201, map[string]string{"Retry-After": "7"}, `{"discard_events":[{"unique_id":"event-0000003","status":"duplicate"}]}`, delivery.Result{}},
		"an id that it could not read": {201, nil, `{"success_events":[],"retry_events":[],"discard_events":[{"unique_id":"invalid-1","status":"invalid"}]}`,
			delivery.Result{Refused: []delivery.Refusal{{Place: 1, Reason: "the receiver discards it as invalid"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, to(serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range test.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(test.status)
				_, _ = fmt.Fprint(w, test.body)
			})), webhook.Options{})
			got, err := s.Send(t.Context(), deliverytest.Messages(0, 5))
			if err != nil || got.Status != test.status {
				t.Fatalf("%+v, %v", got, err)
			}
			got.Status, got.Answer = 0, ""
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestFailuresSayWhatTheReceiverSaid(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for name, test := range map[string]struct {
		status int
		header map[string]string
		body   string
		want   delivery.Failure // Reason is a part of it
	}{
		"500":                        {500, nil, "out of\norder", delivery.Failure{Reason: "500 Internal Server Error: out of order"}},
		"503 with seconds":           {503, map[string]string{"Retry-After": "30"}, "", delivery.Failure{Reason: "503 Service Unavailable", After: 30 * time.Second}},
		"429 with seconds":           {429, map[string]string{"Retry-After": "3"}, "", delivery.Failure{Reason: "429 Too Many Requests", After: 3 * time.Second}},
		"429 with a date":            {429, map[string]string{"Retry-After": in(time.Minute), "Date": in(0)}, "", delivery.Failure{Reason: "429", After: time.Minute}},
		"429 with a date that is by": {429, map[string]string{"Retry-After": in(-time.Minute)}, "", delivery.Failure{Reason: "429"}},
		"429 with nonsense":          {429, map[string]string{"Retry-After": "soon"}, "", delivery.Failure{Reason: "429"}},
		"401":                        {401, nil, "", delivery.Failure{Reason: "401 Unauthorized"}},
		"403":                        {403, nil, "", delivery.Failure{Reason: "403 Forbidden"}},
		"404":                        {404, nil, "", delivery.Failure{Reason: "404 Not Found"}},
		"410":                        {410, nil, "", delivery.Failure{Reason: "410 Gone", Gone: true}},
		"a redirection":              {307, map[string]string{"Location": "/elsewhere"}, "", delivery.Failure{Reason: "redirections are not followed"}},
		"garbage":                    {200, nil, "<html>Welcome", delivery.Failure{Reason: "not an answer to events"}},
		"half an answer":             {200, nil, `{"success_events":[`, delivery.Failure{Reason: "not an answer to events"}},
		"another type":               {200, nil, `{"retry_events":"all"}`, delivery.Failure{Reason: "not an answer to events"}},
		"others to send again":       {200, nil, `{"retry_events":[{"unique_id":"x"}]}`, delivery.Failure{Reason: "was not sent"}},
		"an endless answer":          {200, nil, strings.Repeat(" ", 2<<20), delivery.Failure{Reason: "more than"}},
		"what it was sent":           {500, nil, "who is swordfish, or bWU6c3dvcmRmaXNo?", delivery.Failure{Reason: "who is [hidden], or [hidden]?"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := to(serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range test.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(test.status)
				_, _ = fmt.Fprint(w, test.body)
			}))
			d.Spec.Authentication = &destination.Authentication{Type: destination.HTTPBasic, Basic: &destination.Basic{Username: "me", Password: "swordfish"}}
			_, err := open(t, d, webhook.Options{}).Send(t.Context(), deliverytest.Messages(0, 5))
			var got *delivery.Failure
			if !errors.As(err, &got) || !strings.Contains(got.Reason, test.want.Reason) || got.Status != test.status ||
				got.After.Round(time.Second) != test.want.After || got.Gone != test.want.Gone {
				t.Errorf("got  %+v\nwant %+v", err, test.want)
			}
		})
	}
}

func TestAnswersToOtherFormsAreTheirStatus(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"ok", "<html>thanks", `"fine"`, `{"text":"Success","code":0}`, ""} {
		d := to(serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) }))
		d.Spec.Webhook = &destination.WebhookSettings{Format: destination.FormatUnified}
		if result, err := open(t, d, webhook.Options{}).Send(t.Context(), deliverytest.Messages(0, 2)); err != nil || len(result.Retry)+len(result.Refused) > 0 {
			t.Errorf("%s: %+v, %v", body, result, err)
		}
	}
}

// A dead letter has the receiver's words, which may be what it was sent.
func TestNoDeadLetterHoldsCredentials(t *testing.T) {
	t.Parallel()
	d := to(serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"discard_events":[{"unique_id":%q,"status":%q,"status_message":%q}]}`,
			deliverytest.Messages(0, 1)[0].ID, r.Header.Get("Authorization"), "you sent "+r.Header.Get("Authorization"))
	}))
	d.Spec.Authentication = &destination.Authentication{Type: destination.HTTPBearer, Bearer: &destination.Bearer{Token: "swordfish"}}
	result, err := open(t, d, webhook.Options{}).Send(t.Context(), deliverytest.Messages(0, 1))
	if err != nil || len(result.Refused) != 1 {
		t.Fatalf("%+v, %v", result, err)
	}
	if got := result.Refused[0].Reason; strings.Contains(got, "swordfish") || !strings.Contains(got, "you sent Bearer [hidden]") {
		t.Errorf("the reason is %q", got)
	}
}
