package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// Of two servers on one cluster the one that does not deliver deletes a destination:
// when it has answered, what the other was sending has been cut off.
func TestWhatIsDeletedThroughTheOtherServerEndsBeforeThatIsAnswered(t *testing.T) {
	t.Parallel()
	flags := []string{"--store", "elasticsearch", "--elasticsearch-url", elastictest.URL(t), "--elasticsearch-index-prefix", elastictest.Prefix(t),
		"--elasticsearch-replicas", "0", "--elasticsearch-shards", "1", "--delivery-allow", allowReceivers, "--no-flow-builder"}
	begun, ended := make(chan struct{}, 100), make(chan time.Time, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or nobody would notice that the sender is gone
		begun <- struct{}{}
		<-r.Context().Done()
		ended <- time.Now()
	}))
	t.Cleanup(receiver.Close)
	servers := []*serverProcess{startProcess(t, flags...), startProcess(t, flags...)}
	for round := range 3 {
		id := destinationID(t, fetch(t, http.MethodPost, servers[0].url+destinations, webhookTo(receiver.URL)), http.StatusCreated)
		eventually(t, "one of the servers delivers", func() bool { return servers[0].delivering(t, id) != servers[1].delivering(t, id) })
		delivers, other := servers[0], servers[1]
		if other.delivering(t, id) {
			delivers, other = other, delivers
		}
		lines, _ := numberedEvents(round*10, round*10+10)
		if n := delivers.sendLines(lines); n != len(lines) {
			t.Fatalf("%d events were acknowledged", n)
		}
		<-begun
		began := time.Now()
		if got := fetch(t, http.MethodDelete, other.url+destinations+"/"+id, ""); got.status != http.StatusNoContent {
			t.Fatalf("answered %d %s", got.status, got.body)
		}
		answered := time.Now()
		select {
		case at := <-ended:
			t.Logf("it ended after %s, and was answered after %s", at.Sub(began).Round(time.Millisecond), answered.Sub(began).Round(time.Millisecond))
		case <-time.After(time.Second): // which the receiver has to notice it
			t.Fatal("it is being sent still")
		}
		if len(begun) > 0 {
			t.Error("more was sent")
		}
	}
}
