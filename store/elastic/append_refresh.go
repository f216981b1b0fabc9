package elastic

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// refreshes makes what was written visible to searches. A refresh costs the
// cluster the same for one record as for thousands, so all who wait share one,
// and under load they come at a distance.
type refreshes struct {
	refresh func(indices []string) error
	run     func(func()) bool // on a goroutine; false when the store is closed
	done    <-chan struct{}

	mu      sync.Mutex
	next    *round // what the coming refresh has to do; nil when nobody waits for it
	running bool
	last    time.Time // when the last one began
}

// round is one refresh, and those who wait for it.
type round struct {
	indices map[string]bool
	over    chan struct{} // closed when err is set
	err     error
}

// refreshDistance is the least time between the beginnings of two refreshes.
const refreshDistance = 150 * time.Millisecond

// wait returns when everything that was written to the indices before it was
// called is visible.
func (r *refreshes) wait(ctx context.Context, indices map[string]bool) error {
	joined, err := r.join(indices)
	if err != nil {
		return err
	}
	select {
	case <-joined.over:
		return joined.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// join adds the indices to the coming refresh, which has not begun.
func (r *refreshes) join(indices map[string]bool) (*round, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == nil {
		r.next = &round{indices: map[string]bool{}, over: make(chan struct{})}
	}
	maps.Copy(r.next.indices, indices)
	if !r.running {
		if !r.run(r.work) {
			return nil, errClosed()
		}
		r.running = true
	}
	return r.next, nil
}

// work refreshes until nobody waits.
func (r *refreshes) work() {
	for {
		r.pause()
		current := r.take()
		if current == nil {
			return
		}
		current.err = r.refresh(slices.Sorted(maps.Keys(current.indices)))
		close(current.over)
	}
}

// take returns the coming refresh, which begins now, or nil when nobody waits.
func (r *refreshes) take() *round {
	r.mu.Lock()
	defer r.mu.Unlock()
	current := r.next
	r.next = nil
	if current == nil {
		r.running = false
		return nil
	}
	r.last = time.Now()
	return current
}

// pause keeps the distance to the last refresh.
func (r *refreshes) pause() {
	r.mu.Lock()
	wait := time.Until(r.last.Add(refreshDistance))
	if r.next == nil {
		wait = 0
	}
	r.mu.Unlock()
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.done:
	}
}

// refreshIndices makes what was written to the indices visible. Copies that are
// missing do not count as failed, so there must be as many as indices at least.
func (s *Store) refreshIndices(indices []string) error {
	var answer struct {
		Shards struct {
			Successful int `json:"successful"`
		} `json:"_shards"`
	}
	named := indices
	if len(named) > maxNamedIndices {
		named = []string{s.names.records()}
	}
	request := esapi.IndicesRefreshRequest{Index: named, IgnoreUnavailable: yes, AllowNoIndices: yes}
	switch err := s.client.do(context.Background(), request, &answer); {
	case err != nil:
		return fmt.Errorf("refresh what was written: %w", err)
	case answer.Shards.Successful < len(indices):
		return unavailable("Elasticsearch could answer only in part", errors.New("refresh what was written: a partition has no primary shard"))
	}
	return nil
}
