package server

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// purse records what is spent, and refuses once too much is.
type purse struct {
	mu    sync.Mutex
	spent []int64
	most  int64
}

func (p *purse) spend(_ context.Context, header http.Header, cost int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cost > p.most {
		return &audit.Error{Code: audit.RateLimited, Message: "too much", RetryAfter: 1500 * time.Millisecond}
	}
	if cost > 0 {
		p.spent = append(p.spent, cost)
	}
	if header != nil {
		header.Set("RateLimit", "told")
	}
	return nil
}

func (p *purse) options(o *Options) { o.Spend = p.spend }

func TestAnOperationSpendsItsCost(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, document string
		cost           int64
	}{
		{"a field", "{ hello }", 1},
		{"a page", "{ loginFlows(first: 10) { totalCount nodes { id requestId } } }", 32},
		{"a mutation", "mutation { touch }", 1},
		{"a mutation of many", "mutation { send(events: [{id: 1} {id: 2} {id: 3} {id: 4} {id: 5} {id: 6} {id: 7} {id: 8} {id: 9} {id: 10} {id: 11}]) { results { id } } }", 34},
		{"a document that is not valid", "{ nothing }", 1},
		{"a document that is too complex", aliases(30), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := &purse{most: 1 << 40}
			recorder := ask(t, post(query(test.document)), p.options)
			if !slices.Equal(p.spent, []int64{test.cost}) {
				t.Errorf("spent %v, want %d: %s", p.spent, test.cost, recorder.Body)
			}
			if recorder.Header().Get("RateLimit") != "told" {
				t.Error("the answer does not say what is left")
			}
		})
	}
}

func TestTheEventsOfAVariableAreSpentToo(t *testing.T) {
	t.Parallel()
	p := &purse{most: 1 << 40}
	events := strings.TrimSuffix(strings.Repeat(`{"id":"x"},`, 100), ",")
	body := `{"query":"mutation($e: [Event!]!) { send(events: $e) { results { id } } }","variables":{"e":[` + events + `]}}`
	if got := ask(t, post(body), p.options); !slices.Equal(p.spent, []int64{301}) {
		t.Errorf("spent %v: %s", p.spent, got.Body)
	}
}

func TestWhoHasSpentTooMuchIsToldWhenToTryAgain(t *testing.T) {
	t.Parallel()
	for _, media := range []string{mediaJSON, mediaResponse, mediaEvents} {
		p := &purse{most: 5}
		recorder := ask(t, post(query("{ loginFlows { totalCount nodes { id } } }"), "Accept", media), p.options)
		if recorder.Code != http.StatusTooManyRequests || recorder.Header().Get("Retry-After") != "2" {
			t.Errorf("%s: %d, Retry-After %q", media, recorder.Code, recorder.Header().Get("Retry-After"))
		}
		expectError(t, recorder.Body.String(), audit.RateLimited, "too much")
		if wait := decode(t, recorder.Body.String()).Errors[0].Extensions["retryAfter"]; wait != 2.0 {
			t.Errorf("%s: retryAfter is %v", media, wait)
		}
	}
}

func TestAWebSocketIsRefusedOperationsAndStaysOpen(t *testing.T) {
	t.Parallel()
	p := &purse{most: 5}
	c := connect(t, start(t, p.options))
	c.subscribe("1", "{ loginFlows { totalCount nodes { id } } }")
	c.hear("error", `"retryAfter":2`)
	c.subscribe("2", "{ hello }")
	c.hear("next", "world")
}
