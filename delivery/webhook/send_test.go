package webhook_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/deliverytest"
	"github.com/authtrail/authtrail/delivery/webhook"
)

func TestBodiesAreAsTheFormatHasThem(t *testing.T) {
	t.Parallel()
	batch := []delivery.Message{{ID: "a", Body: []byte(`{"a":1}`)}, {ID: "b", Body: []byte(`{"b":2}`)}}
	const asArray = `[{"a":1},{"b":2}]`
	for format, want := range map[string][2]string{
		destination.FormatAgilicus: {"application/json", `{"events":[{"a":1},{"b":2}],"always_respond_with_events":false}`},
		destination.FormatUnified:  {"application/json", asArray},
		destination.FormatOCSF:     {"application/json", asArray},
		destination.FormatECS:      {"application/json", asArray},
		destination.FormatCEF:      {"text/plain; charset=utf-8", "{\"a\":1}\n{\"b\":2}\n"},
	} {
		asked := make(chan string, 1)
		d := to(serve(t, func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			asked <- fmt.Sprintln(r.Method, r.URL, r.Header["Content-Type"], r.ContentLength, r.TransferEncoding, r.Header["Content-Encoding"],
				r.Header["User-Agent"], r.Header["Idempotency-Key"], string(body))
		}) + "/in?x=1")
		d.Spec.Delivery = &destination.DeliverySettings{Format: format}
		if _, err := open(t, d, webhook.Options{}).Send(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if got, want := <-asked, fmt.Sprintln("POST", "/in?x=1", []string{want[0]}, len(want[1]), "[]", "[]", "[authtrail/1.2.3]", "[]", want[1]); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", format, got, want)
		}
	}
}

// picky takes no request that holds a bad event, or is too large.
type picky struct {
	bad      map[string]bool
	most     int64
	status   int // of a request with a bad event
	taken    []string
	refused  int
	requests int
}

func (p *picky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.requests++
	if p.most > 0 && r.ContentLength > p.most {
		p.refused++
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	var document struct {
		Events []struct {
			ID string `json:"unique_id"`
		}
	}
	_ = json.NewDecoder(r.Body).Decode(&document)
	for _, event := range document.Events {
		if p.bad[event.ID] {
			p.refused++
			http.Error(w, "bad: "+event.ID, p.status)
			return
		}
	}
	for _, event := range document.Events {
		p.taken = append(p.taken, event.ID)
	}
}

func TestOneBadEventDoesNotDiscardTheOthers(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadRequest, http.StatusUnprocessableEntity} {
		p := &picky{status: status, bad: map[string]bool{"event-0000017": true, "event-0000099": true}}
		result, err := open(t, to(serve(t, p.ServeHTTP)), webhook.Options{}).Send(t.Context(), deliverytest.Messages(0, 100))
		if err != nil || len(result.Refused) != 2 || len(result.Retry) > 0 || result.Refused[0].Place != 17 || result.Refused[1].Place != 99 ||
			!strings.Contains(result.Refused[0].Reason, "bad: event-0000017") {
			t.Fatalf("%d: %+v, %v", status, result, err)
		}
		if len(p.taken) != 98 || !slices.IsSorted(p.taken) || p.refused > 16 {
			t.Errorf("%d: %d were taken, in order %v, by %d refusals", status, len(p.taken), slices.IsSorted(p.taken), p.refused)
		}
	}
}

func TestWhatIsTooMuchIsSentInPartsFromThenOn(t *testing.T) {
	t.Parallel()
	p := &picky{most: 3_000}
	s := open(t, to(serve(t, p.ServeHTTP)), webhook.Options{})
	for from := range 5 {
		batch := deliverytest.Messages(from*100, 100)
		if from == 3 { // one that is too large alone
			batch[50].Body = fmt.Appendf(nil, `{"unique_id":%q,"event":{"text":%q}}`, batch[50].ID, strings.Repeat("x", 4_000))
		}
		result, err := s.Send(t.Context(), batch)
		if err != nil || len(result.Retry) > 0 || (len(result.Refused) == 1) != (from == 3) {
			t.Fatalf("%+v, %v", result, err)
		}
	}
	if len(p.taken) != 499 || !slices.IsSorted(p.taken) {
		t.Errorf("%d were taken", len(p.taken))
	}
	if p.refused > 5 {
		t.Errorf("it was sent too much %d times", p.refused)
	}
}

func TestAFailureInTheMiddleKeepsWhatWasTakenBefore(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	p := &picky{most: 3_000}
	s := open(t, to(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 5 { // after two that are too large, and two that are taken
			w.Header().Set("Retry-After", "4")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		p.ServeHTTP(w, r)
	})), webhook.Options{})
	result, err := s.Send(t.Context(), deliverytest.Messages(0, 64))
	if err != nil || len(p.taken) == 0 || len(p.taken)+len(result.Retry) != 64 || result.Retry[0] != len(p.taken) ||
		result.After != 4*time.Second || result.Status != http.StatusServiceUnavailable {
		t.Errorf("%d were taken: %+v, %v", len(p.taken), result, err)
	}
}

// It may be said of a part of a batch, of which the rest is then wanted again: that is
// sent at once, and the answer to it is that nothing is wanted any more.
func TestAReceiverThatIsGoneInTheMiddleOfABatchStaysGone(t *testing.T) {
	t.Parallel()
	p, requests := &picky{most: 2_000}, 0
	s := open(t, to(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if len(p.taken) > 0 {
			w.WriteHeader(http.StatusGone)
			return
		}
		requests++
		p.ServeHTTP(w, r)
	})), webhook.Options{})
	batch := deliverytest.Messages(0, 64)
	result, err := s.Send(t.Context(), batch)
	if err != nil || result.Status != http.StatusGone || len(result.Retry) == 0 || len(p.taken)+len(result.Retry) != len(batch) {
		t.Fatalf("%d were taken in %d requests: %+v, %v", len(p.taken), requests, result, err)
	}
	if _, err = s.Send(t.Context(), batch[result.Retry[0]:]); !delivery.FailureOf(err).Gone {
		t.Errorf("the rest is answered %v", err)
	}
}

func TestNothingIsNotSent(t *testing.T) {
	t.Parallel()
	s := open(t, to(serve(t, func(http.ResponseWriter, *http.Request) { t.Error("there was a request") })), webhook.Options{})
	if result, err := s.Send(t.Context(), nil); err != nil || result.Status != 0 {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestSignaturesAreThoseOfStandardWebhooks(t *testing.T) {
	t.Parallel()
	verifier, err := standardwebhooks.NewWebhook(signingSecret)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := standardwebhooks.NewWebhook("whsec_AAAA9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	var ids, stamps []string
	d := to(serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := verifier.VerifyIgnoringTimestamp(body, r.Header); err != nil {
			t.Error(err)
		}
		if verifier.VerifyIgnoringTimestamp(append(body, ' '), r.Header) == nil || other.VerifyIgnoringTimestamp(body, r.Header) == nil {
			t.Error("what is not so is verified, too")
		}
		ids = append(ids, r.Header.Get("webhook-id"))
		stamps = append(stamps, r.Header.Get("webhook-timestamp"))
		w.WriteHeader(http.StatusInternalServerError)
	}))
	now := time.Unix(1_800_000_000, 0)
	s := open(t, d, webhook.Options{Now: func() time.Time { now = now.Add(time.Second); return now }})
	for _, batch := range [][]delivery.Message{deliverytest.Messages(0, 3), deliverytest.Messages(0, 3), deliverytest.Messages(0, 2)} {
		if _, err := s.Send(t.Context(), batch); err == nil {
			t.Error("500 is a success")
		}
	}
	if ids[0] != ids[1] || ids[1] == ids[2] || !strings.HasPrefix(ids[0], "msg_") || strings.Contains(ids[0], ".") {
		t.Errorf("the ids are %v", ids)
	}
	if stamps[0] != "1800000001" || slices.Compact(stamps)[1] == stamps[0] {
		t.Errorf("the times are %v", stamps)
	}
}

func TestAReceiverThatDoesNotAnswerIsLeft(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	d := to(serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-end // in mid-answer
	}))
	t.Cleanup(func() { close(end) })
	_, err := open(t, d, webhook.Options{Timeout: 50 * time.Millisecond}).Send(t.Context(), deliverytest.Messages(0, 1))
	if err == nil || !strings.Contains(err.Error(), "did not answer in time") {
		t.Errorf("%v", err)
	}
}
