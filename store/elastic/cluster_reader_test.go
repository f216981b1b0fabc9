package elastic

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// reader is somebody who asks one kind of question again and again, and requires
// of each answer what was acknowledged before it was asked.
type reader struct {
	kind string
	// ask asks about what is acknowledged. Its error is that of the store.
	ask     func(ctx context.Context, s *Store, acknowledged []string) (wrong []string, err error)
	stopped chan struct{}

	mu       sync.Mutex
	answered int
	refused  map[string]int // how often, by the message
}

func readers() []*reader {
	var all []*reader
	for kind, ask := range map[string]func(context.Context, *Store, []string) ([]string, error){
		"search": askSearch, "page": askPages, "count": askCount, "look up": askLookup,
	} {
		all = append(all, &reader{kind: kind, ask: ask, refused: map[string]int{}, stopped: make(chan struct{})})
	}
	return all
}

// read asks until ctx ends. Errors must be Unavailable.
func (r *reader) read(ctx context.Context, t *testing.T, s *Store, acknowledged func() []string) {
	defer close(r.stopped)
	for ctx.Err() == nil {
		ids := acknowledged()
		wrong, err := r.ask(t.Context(), s, ids)
		known := (*audit.Error)(nil)
		switch {
		case err == nil && len(wrong) == 0:
			r.note("")
		case err == nil:
			t.Errorf("%s: of %d acknowledged records %d are wrong, without an error: %.300v", r.kind, len(ids), len(wrong), wrong)
		case errors.As(err, &known) && known.Code == audit.Unavailable:
			r.note(known.Message)
		default:
			t.Errorf("%s: %v", r.kind, err)
		}
		time.Sleep(100 * time.Millisecond) // leaves the machine to the others
	}
}

func (r *reader) note(refusal string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if refusal == "" {
		r.answered++
	} else {
		r.refused[refusal]++
	}
}

func (r *reader) answers() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.answered
}

// refusals returns how often each message came, with what was asked.
func (r *reader) refusals() (all []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for message, times := range r.refused {
		all = append(all, fmt.Sprintf("%s: %q %d times", r.kind, message, times))
	}
	return all
}

// waitFor waits for so many answers more.
func (r *reader) waitFor(t *testing.T, more int) {
	t.Helper()
	before := r.answers()
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if r.answers() >= before+more {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not answered within three minutes: %v", r.kind, r.refusals())
		}
	}
}

// sampleOf returns up to limit of the ids: the last half of them, and any others.
func sampleOf(ids []string, limit int) []string {
	if len(ids) <= limit {
		return ids
	}
	chosen := append([]string(nil), ids[len(ids)-limit/2:]...)
	for _, i := range rand.Perm(len(ids) - limit/2)[:limit/2] {
		chosen = append(chosen, ids[i])
	}
	return chosen
}

// unlike returns what is not there once that should be.
func unlike(want []string, found map[string]int) (wrong []string) {
	for _, id := range want {
		if found[id] != 1 {
			wrong = append(wrong, fmt.Sprintf("%s was found %d times", id, found[id]))
		}
	}
	return wrong
}

func askSearch(ctx context.Context, s *Store, acknowledged []string) ([]string, error) {
	ids := sampleOf(acknowledged, 200)
	page, err := s.Search(ctx, audit.Query{Scope: audit.AllOrgs(), Where: query.Exact{Field: query.UniqueID, Values: ids}, Window: audit.Window{Limit: 500}})
	found := map[string]int{}
	for _, r := range page.Records() {
		found[r.UniqueID]++
	}
	return unlike(ids, found), err
}

func askPages(ctx context.Context, s *Store, acknowledged []string) ([]string, error) {
	found, err := readPages(ctx, s, 450)
	return unlike(acknowledged, found), err
}

func readPages(ctx context.Context, s *Store, limit int) (map[string]int, error) {
	found := map[string]int{}
	q := audit.Query{Scope: audit.AllOrgs(), Window: audit.Window{Limit: limit}}
	for {
		page, err := s.Search(ctx, q)
		if err != nil {
			return found, err
		}
		for _, r := range page.Records() {
			found[r.UniqueID]++
		}
		if !page.HasNext {
			return found, nil
		}
		after := q.CursorAt(page.Hits[len(page.Hits)-1])
		q.Window.After = &after
	}
}

func askCount(ctx context.Context, s *Store, acknowledged []string) ([]string, error) {
	counts, err := s.Count(ctx, []audit.Query{{Scope: audit.Orgs("o")}, {Scope: audit.Orgs("nobody")}})
	if err != nil || counts[0] >= len(acknowledged) && counts[1] == 0 {
		return nil, err
	}
	return []string{fmt.Sprintf("the counts are %v", counts)}, nil
}

func askLookup(ctx context.Context, s *Store, acknowledged []string) ([]string, error) {
	return lookupAll(ctx, s, sampleOf(acknowledged, 100))
}

func lookupAll(ctx context.Context, s *Store, ids []string) ([]string, error) {
	keys := make([]audit.LookupKey, len(ids))
	for i, id := range ids {
		keys[i] = audit.LookupKey{Org: "o", Value: id}
	}
	pages, err := s.Lookup(ctx, audit.Lookup{Scope: audit.AllOrgs(), Field: query.UniqueID, Keys: keys, Window: audit.Window{Limit: 2}})
	found := map[string]int{}
	for i, page := range pages {
		for _, r := range page.Records() {
			if r.UniqueID != ids[i] {
				return []string{r.UniqueID + " was found for " + ids[i]}, nil
			}
			found[r.UniqueID]++
		}
	}
	return unlike(ids, found), err
}
