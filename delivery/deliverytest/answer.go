package deliverytest

import (
	"encoding/json"
	"net/http"
	"time"
)

// answer is the documented one.
type answer struct {
	Success []status `json:"success_events"`
	Discard []status `json:"discard_events"`
	Retry   []status `json:"retry_events"`
}

type status struct {
	ID      string `json:"unique_id"`
	Status  string `json:"status"`
	Message string `json:"status_message,omitempty"`
}

// take records what becomes of events by a fault, and returns what to say of them: nil
// is nothing.
func (r *Receiver) take(fault Fault, ids []string) *answer {
	switch fault {
	case none, Reset, Slow:
		r.log.take(ids)
		return nil
	case RetrySome, DiscardSome:
		return r.takeSome(fault, ids)
	}
	return nil
}

func (r *Receiver) takeSome(fault Fault, ids []string) *answer {
	a := &answer{Success: []status{}, Discard: []status{}, Retry: []status{}}
	discard := r.dice.rand.IntN(max(len(ids), 1))
	for i, id := range ids {
		switch {
		case fault == RetrySome && i%3 == 1:
			a.Retry = append(a.Retry, status{id, "too_busy", ""})
		case fault == DiscardSome && i == discard:
			a.Discard = append(a.Discard, status{id, "invalid", "not liked"})
			r.log.discarded = append(r.log.discarded, id)
		default:
			a.Success = append(a.Success, status{id, "success", ""})
			r.log.take(ids[i : i+1])
		}
	}
	return a
}

// answer answers a request by its fault.
func (r *Receiver) answer(w http.ResponseWriter, fault Fault, a *answer, pause time.Duration) {
	switch fault {
	case Refuse:
		r.refuse(pause)
		panic(http.ErrAbortHandler)
	case Reset:
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"success_events":[`))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case Slow:
		time.Sleep(pause)
	case ServerError:
		http.Error(w, "out of order", http.StatusInternalServerError)
		return
	case BusySeconds:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case BusyDate:
		w.Header().Set("Retry-After", time.Now().Add(time.Second).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case Garbage:
		_, _ = w.Write([]byte("<html><body>Welcome to nginx!"))
		return
	}
	if a == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(a)
}
