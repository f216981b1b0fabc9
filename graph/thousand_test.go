package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// crowd is subscribers to login flows.
type crowd []*follower

const everyFlow = `subscription { loginFlowUpdated { requestId revision } }`

// reads lets each of them read so many flows, which must be of a round.
func (c crowd) reads(t *testing.T, n, round int) {
	t.Helper()
	var all sync.WaitGroup
	for _, f := range c {
		all.Go(func() {
			for range n {
				if got := f.flow(); !strings.HasPrefix(*got.RequestID, fmt.Sprintf("r-%d-", round)) {
					t.Errorf("in round %d comes %s", round, *got.RequestID)
				}
			}
		})
	}
	all.Wait()
}

// flowsOfRound are events of so many login flows.
func flowsOfRound(round, n int) []string {
	var events []string
	for i := range n {
		events = append(events, step(fmt.Sprintf("%d-%d", round, i), "00:00:00", fmt.Sprintf(
			`"event_name":"Token","request_id":"r-%d-%d","pad":%q`, round, i, strings.Repeat("x", 1_000))))
	}
	return events
}

// TestAThousandSubscribers follow login flows in one process; one of them does not
// read. Time goes on only when everything waits.
func TestAThousandSubscribers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rounds, flows = 5, 20
		a := newAPI(t)
		slow := follow(t, a, audit.Everyone(), everyFlow, nil)
		readers := make(crowd, 1_000)
		for i := range readers {
			readers[i] = follow(t, a, audit.Everyone(), everyFlow, nil)
		}
		synctest.Wait()
		a.taken()
		for round := range rounds {
			a.add(t, flowsOfRound(round, flows)...)
			readers.reads(t, flows, round)
			synctest.Wait()
		}
		reads := slices.DeleteFunc(a.taken(), func(call string) bool { return call != "flows since" && call != "end of flows" })
		if most := 4 * (rounds + 1); len(reads) > most { // each round: it, nothing after it, the end, and again nothing
			t.Errorf("%d subscribers made the feed be read %d times in %d rounds, want at most %d", len(readers), len(reads), rounds, most)
		}
		time.Sleep(2 * readersWait)
		if response := slow.next(slow.ctx); response == nil || len(response.Errors) != 1 || response.Errors[0].Extensions["code"] != "UNAVAILABLE" ||
			!strings.Contains(response.Errors[0].Message, "not read fast enough") {
			t.Errorf("who does not read gets %+v", response)
		}
		a.add(t, flowsOfRound(rounds, 1)...)
		readers.reads(t, 1, rounds)
		for _, f := range readers {
			f.stop()
		}
		synctest.Wait()
	})
}

// readersWait is how long a subscription waits for its reader.
const readersWait = time.Minute
