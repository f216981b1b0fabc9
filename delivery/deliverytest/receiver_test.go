package deliverytest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/delivery/deliverytest"
)

// post sends events, as the bulk document or as an array.
func post(t *testing.T, r *deliverytest.Receiver, asArray bool, ids ...string) {
	t.Helper()
	events := make([]string, len(ids))
	for i, id := range ids {
		events[i] = fmt.Sprintf(`{"unique_id":%q,"event":{"unique_id":"not this"}}`, id)
	}
	body := "[" + strings.Join(events, ",") + "]"
	if !asArray {
		body = `{"events":` + body + `,"always_respond_with_events":false}`
	}
	answer, err := http.Post(r.URL, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
}

func TestTheReceiverKnowsWhatADeliveryPromises(t *testing.T) {
	t.Parallel()
	want := []string{"a", "b", "c", "d", "e"}
	for name, test := range map[string]struct {
		batches  []string // a letter for each event
		inFlight int
		fault    deliverytest.Fault // of every request, if any
		says     string             // part of what is wrong; empty is nothing
	}{
		"all in order":                     {[]string{"abc", "de"}, 2, "", ""},
		"the last repeated":                {[]string{"ab", "ab", "cd", "d", "e"}, 2, "", ""},
		"the last repeated, and far apart": {[]string{"abc", "bde", "bde", "d"}, 3, deliverytest.RetrySome, ""}, // the second is wanted again
		"nothing":                          {nil, 2, "", "5 of 5 did not arrive"},
		"one is missing":                   {[]string{"ab", "de"}, 2, "", "1 of 5 did not arrive, such as c"},
		"one out of order":                 {[]string{"ab", "d", "c", "e"}, 2, "", "c, at 2, came after"},
		"what was not to come":             {[]string{"ab", "x"}, 2, "", "x arrived"},
		"what was taken long ago repeated": {[]string{"abcde", "a"}, 2, "", "a was taken again when 4 others"},
		"what was taken twice goes back":   {[]string{"abcde", "de", "bc"}, 3, "", "b was taken again when 3 others"},
	} {
		plan := deliverytest.Plan{Every: 1}
		if test.fault != "" {
			plan.Faults = []deliverytest.Fault{test.fault}
		}
		r := deliverytest.NewReceiver(t, plan)
		for i, batch := range test.batches {
			post(t, r, i%2 == 0, strings.Split(batch, "")...)
		}
		err := r.Check(want, test.inFlight)
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheReceiverFailsAsTheSeedHasIt(t *testing.T) {
	t.Parallel()
	counts := func(seed uint64) string {
		faults := []deliverytest.Fault{deliverytest.ServerError, deliverytest.RetrySome, deliverytest.Garbage}
		r := deliverytest.NewReceiver(t, deliverytest.Plan{Seed: seed, Faults: faults, Every: 2})
		for i := range 40 {
			post(t, r, false, fmt.Sprint("x", i), fmt.Sprint("y", i))
		}
		return fmt.Sprint(r.Requests(), r.Taken())
	}
	first, again, other := counts(1), counts(1), counts(2)
	if first != again || first == other {
		t.Errorf("the same seed fails differently, or another does not:\n%s\n%s\n%s", first, again, other)
	}
}
