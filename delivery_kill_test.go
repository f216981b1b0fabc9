package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/delivery/deliverytest"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// deliveredEvents is how many events are sent in these tests, unless the variable says
// another number: `make delivery-proof` does.
const (
	deliveredEvents   = 12_000
	deliveredVariable = "AUTHTRAIL_TEST_DELIVERED_EVENTS"
)

// largestBatch bounds what is in flight.
const largestBatch = 250

// allowReceivers lets destinations lead to this machine.
const allowReceivers = "127.0.0.0/8"

// sentEvents makes events, and the ids of those that a destination of org one with the
// filter of webhookTo is to get.
func sentEvents(t *testing.T) (lines []json.RawMessage, wanted []string) {
	t.Helper()
	n := deliveredEvents
	if text := os.Getenv(deliveredVariable); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatalf("%s: %v", deliveredVariable, err)
		}
	}
	return numberedEvents(0, n)
}

func numberedEvents(from, to int) (lines []json.RawMessage, wanted []string) {
	at := time.Now().UTC().Format(time.RFC3339Nano)
	for i := from; i < to; i++ {
		id, org, name := fmt.Sprintf("event-%06d", i), "one", "Token"
		switch {
		case i%10 == 3:
			name = "Refresh" // which the filter does not pass
		case i%10 == 7:
			org = "two"
		default:
			wanted = append(wanted, id)
		}
		lines = append(lines, json.RawMessage(fmt.Sprintf(`{"unique_id":%q,"create_time":%q,"event":{"time":%q,"org_id":%q,"event_name":%q,
			"result":"Success","user_id":"u-%d","source_ip":"192.0.2.%d","session":"s-%d"}}`, id, at, at, org, name, i%97, i%250, i/5)))
	}
	return lines, wanted
}

// webhookTo is a destination of org one that wants tokens only.
func webhookTo(url string) string {
	return fmt.Sprintf(`{"spec":{"enabled":true,"name":"receiver","org_id":"one","destination_type":"webhook","location":%q,"comment":"",
		"filters":[{"filter_type":"event_name","value":"Token"}],"max_events_per_transaction":%d}}`, url, largestBatch)
}

// deliversTo creates a destination, and waits until a server delivers to it. It
// returns the destination's id.
func (s *serverProcess) deliversTo(t *testing.T, url string) string {
	t.Helper()
	id := destinationID(t, fetch(t, http.MethodPost, s.url+destinations, webhookTo(url)), http.StatusCreated)
	eventually(t, "a server delivers to the destination", func() bool { return s.delivering(t, id) })
	return id
}

// delivering reports whether the server delivers to a destination.
func (s *serverProcess) delivering(t *testing.T, id string) bool {
	t.Helper()
	_, metrics := get(t, s.url+"/metrics")
	return strings.Contains(metrics, `authtrail_delivery_state{destination="`+id+`"`)
}

// A receiver fails in every way that receivers do, while the server is killed again
// and again: everything arrives, in order, and only what was in flight comes twice.
func TestEventsArriveInOrderThoughServersAreKilledAndReceiversFail(t *testing.T) {
	t.Parallel()
	const kills = 22
	lines, wanted := sentEvents(t)
	seed := rand.Uint64()
	t.Logf("the seed of the receiver is %d", seed)
	receiver := deliverytest.NewReceiver(t, deliverytest.Plan{Seed: seed, Faults: deliverytest.AllFaults, Every: 3})
	flags := []string{"--data", filepath.Join(t.TempDir(), "data"), "--delivery-allow", allowReceivers, "--no-flow-builder", "--log-level", "error"}
	first := startProcess(t, flags...)
	first.deliversTo(t, receiver.URL)
	first.kill()

	sent := 0
	for round := range kills {
		s := startProcess(t, flags...)
		time.AfterFunc(time.Duration(20+rand.IntN(500))*time.Millisecond, s.kill)
		until := len(lines) * (round + 1) / kills
		for sent < until {
			n := s.sendBulks(lines[sent:until], 1_000)
			if sent += n; n == 0 {
				break
			}
		}
		<-s.dead
	}
	last := startProcess(t, flags...)
	if sent += last.sendBulks(lines[sent:], 1_000); sent < len(lines) {
		t.Fatalf("%d of %d events were acknowledged", sent, len(lines))
	}
	// The receiver wants to be left alone for a second, now and then.
	patience := 30*time.Second + time.Duration(len(lines))*time.Millisecond
	for began := time.Now(); !last.idle(t) && time.Since(began) < patience; {
		time.Sleep(20 * time.Millisecond)
	}
	if err := receiver.Check(wanted, largestBatch); err != nil {
		t.Errorf("after %d kills: %v; the log is %s", kills, err, last.log)
	}
	t.Logf("%d events, %d kills, requests by fault: %v", len(wanted), kills, receiver.Requests())
}

// idle reports whether the server has delivered all there is.
func (s *serverProcess) idle(t *testing.T) bool {
	t.Helper()
	_, metrics := get(t, s.url+"/metrics")
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, "authtrail_delivery_lag_events{") {
			return strings.HasSuffix(line, " 0\n")
		}
	}
	return false
}

func TestAServerThatComesBackDeliversWithinASecond(t *testing.T) {
	t.Parallel()
	receiver := deliverytest.NewReceiver(t, deliverytest.Plan{})
	flags := []string{"--data", filepath.Join(t.TempDir(), "data"), "--delivery-allow", allowReceivers}
	s := startProcess(t, flags...)
	s.deliversTo(t, receiver.URL)
	s.kill()
	without := startProcess(t, append(flags, "--no-delivery")...)
	lines, wanted := numberedEvents(0, 500)
	if n := without.sendLines(lines); n != len(lines) {
		t.Fatalf("%d events were acknowledged", n)
	}
	without.kill()
	if different, _ := receiver.Has(); different != 0 {
		t.Fatalf("%d events were delivered by a server that does not deliver", different)
	}
	startProcess(t, flags...)
	began := time.Now()
	eventually(t, "all events have arrived", func() bool { _, n := receiver.Has(); return n == len(wanted) })
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %s", took)
	}
	if err := receiver.Check(wanted, 0); err != nil {
		t.Error(err)
	}
}

// Of two servers on one cluster one delivers to a destination. When it is killed, the
// other goes on within fifteen seconds.
func TestTheOtherServerDeliversOnWhenOneIsKilled(t *testing.T) {
	t.Parallel()
	flags := []string{"--store", "elasticsearch", "--elasticsearch-url", elastictest.URL(t), "--elasticsearch-index-prefix", elastictest.Prefix(t),
		"--elasticsearch-replicas", "0", "--elasticsearch-shards", "1", "--delivery-allow", allowReceivers, "--no-flow-builder"}
	faults := []deliverytest.Fault{deliverytest.Reset, deliverytest.Slow, deliverytest.ServerError, deliverytest.RetrySome, deliverytest.Garbage}
	seed := rand.Uint64()
	t.Logf("the seed of the receiver is %d", seed)
	receiver := deliverytest.NewReceiver(t, deliverytest.Plan{Seed: seed, Faults: faults, Every: 4})
	servers := []*serverProcess{startProcess(t, flags...), startProcess(t, flags...)}
	id := destinationID(t, fetch(t, http.MethodPost, servers[0].url+destinations, webhookTo(receiver.URL)), http.StatusCreated)
	var wanted []string
	for round := range 2 {
		eventually(t, "one of the servers delivers", func() bool { return servers[0].delivering(t, id) != servers[1].delivering(t, id) })
		if servers[1].delivering(t, id) {
			servers[0], servers[1] = servers[1], servers[0]
		}
		lines, some := numberedEvents(round*4_000, (round+1)*4_000)
		wanted = append(wanted, some...)
		if n := servers[1].sendBulks(lines, 500); n != len(lines) {
			t.Fatalf("%d events were acknowledged; the log is %s", n, servers[1].log)
		}
		servers[0].kill()
		began := time.Now()
		err := receiver.Check(wanted, largestBatch)
		for ; err != nil && time.Since(began) < 30*time.Second; err = receiver.Check(wanted, largestBatch) {
			time.Sleep(5 * time.Millisecond)
		}
		took := time.Since(began)
		if err != nil {
			t.Fatalf("round %d, %s after the kill: %v; requests by fault: %v; the destination's health: %s; the log is %s",
				round, took, err, receiver.Requests(), fetch(t, http.MethodGet, servers[1].url+destinations+"/"+id+"/health", "").body, servers[1].log)
		}
		t.Logf("the other had delivered everything %s after the kill", took.Round(100*time.Millisecond))
		if took > 15*time.Second {
			t.Errorf("the other had delivered everything %s after the kill", took)
		}
		servers[0] = startProcess(t, flags...)
	}
}

// Deleting a destination at one server ends what another sends to it.
func TestADestinationThatIsDeletedAtTheOtherServerIsSentNothingMore(t *testing.T) {
	t.Parallel()
	flags := []string{"--store", "elasticsearch", "--elasticsearch-url", elastictest.URL(t), "--elasticsearch-index-prefix", elastictest.Prefix(t),
		"--elasticsearch-replicas", "0", "--delivery-allow", allowReceivers, "--no-flow-builder"}
	receiver := deliverytest.NewReceiver(t, deliverytest.Plan{Faults: []deliverytest.Fault{deliverytest.Slow}, Every: 1, Pause: 20 * time.Millisecond})
	holder := startProcess(t, flags...)
	id := holder.deliversTo(t, receiver.URL)
	other := startProcess(t, append(flags, "--no-delivery")...)
	lines, _ := numberedEvents(0, 10_000)
	if n := other.sendBulks(lines, 1_000); n != len(lines) {
		t.Fatalf("%d events were acknowledged", n)
	}
	eventually(t, "the first events have arrived", func() bool { n, _ := receiver.Has(); return n > 0 })
	if got := fetch(t, http.MethodDelete, other.url+destinations+"/"+id, ""); got.status != http.StatusNoContent {
		t.Fatalf("deleted: %+v", got)
	}
	time.Sleep(50 * time.Millisecond) // what was sent just before is read
	before, _ := receiver.Has()
	eventually(t, "the other server has let go", func() bool { return !holder.delivering(t, id) })
	if after, _ := receiver.Has(); after != before || after >= len(lines)*8/10 {
		t.Errorf("%d events came after the deletion, all in all %d", after-before, after)
	}
}
