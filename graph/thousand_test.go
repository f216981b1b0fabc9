package graph_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// TestAThousandSubscribers follow login flows in one process; one of them does not
// read. Time goes on only when everything waits.
func TestAThousandSubscribers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const subscribers, rounds, flows = 1_000, 5, 20
		a := newAPI(t)
		const document = `subscription { loginFlowUpdated { requestId revision } }`
		slow := follow(t, a, audit.Everyone(), document, nil)
		readers := make([]*follower, subscribers)
		for i := range readers {
			readers[i] = follow(t, a, audit.Everyone(), document, nil)
		}
		synctest.Wait()
		a.taken()
		for round := range rounds {
			var events []string
			for i := range flows {
				events = append(events, step(fmt.Sprintf("%d-%d", round, i), "00:00:00", fmt.Sprintf(
					`"event_name":"Token","request_id":"r-%d-%d","pad":%q`, round, i, strings.Repeat("x", 1_000))))
			}
			a.add(t, events...)
			var all sync.WaitGroup
			for _, f := range readers {
				all.Go(func() {
					for range flows {
						if got := f.flow(); !strings.HasPrefix(*got.RequestID, fmt.Sprintf("r-%d-", round)) {
							t.Errorf("in round %d comes %s", round, *got.RequestID)
						}
					}
				})
			}
			all.Wait()
			synctest.Wait()
		}
		made := 0
		for _, call := range a.taken() {
			if call == "flows since" || call == "end of flows" {
				made++
			}
		}
		if most := 4 * (rounds + 1); made > most { // each round: it, nothing after it, the end, and again nothing
			t.Errorf("%d subscribers made the feed be read %d times in %d rounds, want at most %d", subscribers, made, rounds, most)
		}
		time.Sleep(2 * time.Minute) // longer than anybody waits for a reader
		if response := slow.next(slow.ctx); response == nil || len(response.Errors) != 1 || response.Errors[0].Extensions["code"] != "UNAVAILABLE" ||
			!strings.Contains(response.Errors[0].Message, "not read fast enough") {
			t.Errorf("who does not read gets %+v", response)
		}
		a.add(t, step("last", "00:00:00", `"event_name":"Token","request_id":"last"`))
		for _, f := range readers {
			if got := f.flow(); *got.RequestID != "last" {
				t.Fatalf("then comes %s", *got.RequestID)
			}
			f.stop()
		}
		synctest.Wait()
	})
}
