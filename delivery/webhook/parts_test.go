package webhook_test

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/deliverytest"
	"github.com/authtrail/authtrail/delivery/webhook"
)

// A receiver that looks at what it refuses for long keeps back nothing that is known.
func TestABatchThatIsHalvedForLongIsToldInPart(t *testing.T) {
	t.Parallel()
	p := &picky{status: http.StatusBadRequest, bad: map[string]bool{"event-0000000": true, "event-0000003": true}}
	s := open(t, to(serve(t, p.ServeHTTP)), webhook.Options{Halving: time.Nanosecond})
	batch, rounds := deliverytest.Messages(0, 8), 0
	for ; len(batch) > 0; rounds++ {
		result, err := s.Send(t.Context(), batch)
		if err != nil || len(result.Retry) == len(batch) || result.After != 0 {
			t.Fatalf("%+v, %v", result, err)
		}
		var again []delivery.Message
		for _, place := range result.Retry {
			again = append(again, batch[place])
		}
		batch = again
	}
	if len(p.taken) != 6 || !slices.IsSorted(p.taken) || rounds < 3 {
		t.Errorf("%q were taken in %d rounds", p.taken, rounds)
	}
}

// A receiver that took nothing for a while, as a proxy of it was set up wrongly, is sent
// large requests again.
func TestRequestsGrowAgainFromTheSmallest(t *testing.T) {
	t.Parallel()
	p := &picky{most: 1}
	s := open(t, to(serve(t, p.ServeHTTP)), webhook.Options{})
	short := func(count int) []delivery.Message { // of which little is left when it is redacted
		batch := deliverytest.Messages(0, count)
		for i := range batch {
			batch[i].Body = []byte("{}")
		}
		return batch
	}
	if result, err := s.Send(t.Context(), short(4)); err != nil || len(result.Refused) != 4 {
		t.Fatalf("%+v, %v", result, err)
	}
	p.most = 0 // it takes all there is
	for range 20 {
		if _, err := s.Send(t.Context(), short(10)); err != nil {
			t.Fatal(err)
		}
	}
	p.most, p.requests = 0, 0
	if _, err := s.Send(t.Context(), short(10)); err != nil || p.requests != 1 {
		t.Errorf("ten events came in %d requests, %v", p.requests, err)
	}
}

func TestAnEventThatIsThereTwiceIsSentAgainTwice(t *testing.T) {
	t.Parallel()
	location := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"retry_events":[{"unique_id":"event-0000001"}],"discard_events":[]}`))
	})
	batch := deliverytest.Messages(0, 3)
	batch[2] = batch[1]
	result, err := open(t, to(location), webhook.Options{}).Send(t.Context(), batch)
	if err != nil || !slices.Equal(result.Retry, []int{1, 2}) {
		t.Errorf("%+v, %v", result, err)
	}
}

// The path and query of a location often let in whoever knows them.
func TestNoErrorRepeatsTheLocation(t *testing.T) {
	t.Parallel()
	d := to("http://127.0.0.1:1/hook/swordfish?key=swordfish")
	_, err := open(t, d, webhook.Options{}).Send(t.Context(), deliverytest.Messages(0, 1))
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.Contains(err.Error(), "swordfish") {
			t.Errorf("%T: %v", err, err)
		}
	}
}

func TestATokenThatFitsInNoHeaderIsFetchedAgain(t *testing.T) {
	t.Parallel()
	fetched := 0
	tokenURL := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if fetched++; fetched == 1 {
			_, _ = w.Write([]byte(`{"access_token":"a\r\nX-Injected: b","token_type":"Bearer"}`))
			return
		}
		_, _ = w.Write([]byte(`{"access_token":"good","token_type":"Bearer"}`))
	})
	var got bytes.Buffer
	s := open(t, withOAuth(serve(t, func(_ http.ResponseWriter, r *http.Request) { got.WriteString(r.Header.Get("Authorization")) }), tokenURL, "secret"), webhook.Options{})
	if _, err := s.Send(t.Context(), deliverytest.Messages(0, 1)); err == nil || !strings.Contains(err.Error(), "fits in no header") {
		t.Errorf("got %v", err)
	}
	if _, err := s.Send(t.Context(), deliverytest.Messages(0, 1)); err != nil || got.String() != "Bearer good" {
		t.Errorf("%v, and the receiver got %q", err, got.String())
	}
}

func TestAnErrorCodeThatIsTheSecretIsNotTold(t *testing.T) {
	t.Parallel()
	for code, told := range map[string]bool{"invalid_client": true, "swordfish": false, "no_swordfish_please": false} {
		tokenURL := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"` + code + `"}`))
		})
		_, err := open(t, withOAuth("https://receiver.example", tokenURL, "swordfish"), webhook.Options{}).Send(t.Context(), deliverytest.Messages(0, 1))
		if err == nil || !strings.Contains(err.Error(), "answered 400") || strings.Contains(err.Error(), code) != told {
			t.Errorf("%s: %v", code, err)
		}
	}
}
