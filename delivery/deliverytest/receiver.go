package deliverytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Receiver takes events over HTTP, on this machine: the bulk document, or an array of
// objects that have a unique_id.
type Receiver struct {
	URL     string
	address string
	failed  func(format string, args ...any)

	mu       sync.Mutex
	dice     *dice
	server   *http.Server
	closed   bool
	log      log
	requests map[Fault]int
}

// NewReceiver starts a receiver, which stops with the test.
func NewReceiver(t testing.TB, plan Plan) *Receiver {
	t.Helper()
	r := &Receiver{address: "127.0.0.1:0", dice: newDice(plan), requests: map[Fault]int{}, failed: t.Errorf}
	if err := r.listen(); err != nil {
		t.Fatal(err)
	}
	r.URL = "http://" + r.address + "/events"
	t.Cleanup(r.Close)
	return r
}

// listen listens where it did before.
func (r *Receiver) listen() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	listener, err := net.Listen("tcp", r.address)
	if err != nil {
		return err
	}
	r.address = listener.Addr().String()
	r.server = &http.Server{Handler: r}
	go func(server *http.Server) { _ = server.Serve(listener) }(r.server)
	return nil
}

// Close stops the receiver. What it knows stays.
func (r *Receiver) Close() {
	r.mu.Lock()
	r.closed = true
	server := r.server
	r.mu.Unlock()
	_ = server.Close()
}

// ServeHTTP implements [http.Handler].
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := readBody(request)
	if err != nil {
		return // who sent it is gone
	}
	ids, err := idsIn(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	fault := r.dice.next()
	r.requests[fault]++
	r.log.see(ids)
	answer := r.take(fault, ids)
	pause := r.dice.plan.Pause
	r.mu.Unlock()
	r.answer(w, fault, answer, pause)
}

// Requests returns how many requests failed in each way; none of them is "".
func (r *Receiver) Requests() map[Fault]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	counts := map[Fault]int{}
	for fault, n := range r.requests {
		counts[fault] = n
	}
	return counts
}

func readBody(request *http.Request) ([]byte, error) {
	if request.ContentLength < 0 {
		return io.ReadAll(request.Body)
	}
	body := make([]byte, request.ContentLength)
	_, err := io.ReadFull(request.Body, body)
	return body, err
}

// identified is an event as far as it is read.
type identified struct {
	ID string `json:"unique_id"`
}

func idsIn(body []byte) ([]string, error) {
	var events []identified
	var err error
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] == '[' {
		err = json.Unmarshal(body, &events)
	} else {
		var document struct{ Events []identified }
		err = json.Unmarshal(body, &document)
		events = document.Events
	}
	ids := make([]string, len(events))
	for i, event := range events {
		if ids[i] = event.ID; event.ID == "" {
			return nil, errors.New("an event has no unique_id")
		}
	}
	return ids, err
}

// refuse stops listening for a while.
func (r *Receiver) refuse(pause time.Duration) {
	r.mu.Lock()
	server := r.server
	r.mu.Unlock()
	_ = server.Close()
	time.AfterFunc(pause, func() {
		for range 100 { // somebody else may have the port for a moment
			if r.listen() == nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		r.failed("%s cannot be listened on again", r.address)
	})
}
