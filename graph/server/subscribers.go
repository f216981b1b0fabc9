package server

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// subscribers counts the subscriptions that each caller has open, in whichever
// transport. It remembers nobody who has none.
type subscribers struct {
	mu   sync.Mutex
	open map[audit.Caller]int
}

// subscribe counts a subscription of the context's caller until leave is called,
// or refuses one too many.
func (h *Handler) subscribe(ctx context.Context) (leave func(), refusal *audit.Error) {
	caller, most := audit.PrincipalFrom(ctx).Caller(), h.options.MaxSubscriptionsPerCaller
	h.subscribers.mu.Lock()
	defer h.subscribers.mu.Unlock()
	if h.subscribers.open[caller] >= most {
		return nil, &audit.Error{Code: audit.RateLimited, RetryAfter: retrySubscription,
			Message: fmt.Sprintf("you may have at most %d subscriptions open; end another first", most)}
	}
	h.subscribers.open[caller]++
	return sync.OnceFunc(func() { h.unsubscribe(caller) }), nil
}

// retrySubscription is when to try again who has too many open: it is for the
// caller to end one, so any time will do that keeps it from asking all the time.
const retrySubscription = 10 * time.Second

func (h *Handler) unsubscribe(caller audit.Caller) {
	h.subscribers.mu.Lock()
	defer h.subscribers.mu.Unlock()
	h.subscribers.open[caller]--
	if h.subscribers.open[caller] == 0 {
		delete(h.subscribers.open, caller)
	}
}
