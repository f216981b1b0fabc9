package elastic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// faulty returns a store that reaches its cluster through a network that
// misbehaves, and one that reaches it as ever. Both hold some records.
func faulty(t *testing.T, timeout time.Duration) (proxy *elastictest.FaultyProxy, through, direct *Store, held []*audit.Record) {
	t.Helper()
	options := testOptions(t)
	direct = open(t, options)
	for i := range 60 {
		members := fmt.Sprintf(`"session":"s-%d","user_agent":"browser %d"`, i%7, i)
		held = append(held, event(t, "o", fmt.Sprintf("held-%d", i), testTime.Add(time.Duration(i)*time.Minute), members))
	}
	statuses(t, direct, held...)
	proxy = elastictest.Proxy(t, options.URLs[0])
	options.URLs = []string{proxy.URL()}
	through = open(t, options)
	through.client.timeout = timeout // opening may take what it takes on a busy machine
	return proxy, through, direct, held
}

// kindOfQuestion is something that a store is asked, with the number that its answer comes to.
type kindOfQuestion struct {
	name string
	want int
	ask  func(ctx context.Context, s *Store) (int, error)
}

func kindsOfQuestion(held int) []kindOfQuestion {
	everything := audit.Query{Scope: audit.Orgs("o"), Window: audit.Window{Limit: 500}}
	return []kindOfQuestion{
		{"search", held, func(ctx context.Context, s *Store) (int, error) {
			page, err := s.Search(ctx, everything)
			return len(page.Hits), err
		}},
		{"count", held, func(ctx context.Context, s *Store) (int, error) {
			counts, err := s.Count(ctx, []audit.Query{everything})
			return sum(counts, func(count int) int { return count }), err
		}},
		{"look up", held, func(ctx context.Context, s *Store) (int, error) {
			lookup := audit.Lookup{Scope: audit.AllOrgs(), Field: query.Session, Window: audit.Window{Limit: 100}}
			for i := range 7 {
				lookup.Keys = append(lookup.Keys, audit.LookupKey{AnyOrg: true, Value: fmt.Sprintf("s-%d", i)})
			}
			pages, err := s.Lookup(ctx, lookup)
			return sum(pages, func(page audit.Page) int { return len(page.Hits) }), err
		}},
		{"facets", held, func(ctx context.Context, s *Store) (int, error) {
			facets, err := s.Facets(ctx, []audit.FacetRequest{{Query: everything, Field: query.Session, Size: 10}})
			return sum(slices.Concat(facets...), func(value audit.ValueCount) int { return value.Count }), err
		}},
		{"histogram", held, func(ctx context.Context, s *Store) (int, error) {
			histograms, err := s.Histograms(ctx, []audit.HistogramRequest{{Query: everything, Interval: time.Minute}})
			return sum(slices.Concat(histograms...), func(bucket audit.Bucket) int { return bucket.Count }), err
		}},
		{"feed", held, readFeed},
		{"registry", 0, func(ctx context.Context, s *Store) (int, error) {
			_, err := s.Get(ctx, audit.EntryKey{Kind: "nothing", ID: "here"})
			if audit.AsError(err).Code == audit.NotFound {
				err = nil
			}
			return 0, err
		}},
	}
}

// readFeed reads the feed from its beginning to its end.
func readFeed(ctx context.Context, s *Store) (count int, err error) {
	for position := audit.Position(""); ; {
		batch, err := s.Since(ctx, position, 500)
		if err != nil || len(batch.Records) == 0 {
			return count, err
		}
		count, position = count+len(batch.Records), batch.Next
	}
}

func sum[T any](list []T, of func(T) int) (total int) {
	for _, element := range list {
		total += of(element)
	}
	return total
}

// requireUnavailable checks that an error is one that a caller may see, and that trying again may help.
func requireUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	var known *audit.Error
	if !errors.As(err, &known) || known.Code != audit.Unavailable || known.RetryAfter <= 0 {
		t.Errorf("%s: %#v, want Unavailable and when to try again", what, err)
	}
}

func TestASlowNetworkOnlyMakesAnswersLate(t *testing.T) {
	t.Parallel()
	proxy, through, direct, held := faulty(t, time.Minute)
	proxy.Delay(300 * time.Millisecond)
	for _, kind := range kindsOfQuestion(len(held)) {
		if got, err := kind.ask(t.Context(), through); err != nil || got != kind.want {
			t.Errorf("%s: %d, %v; want %d", kind.name, got, err, kind.want)
		}
	}
	late := event(t, "o", "late", testTime, "")
	if got := statuses(t, through, late, held[0]); !slices.Equal(got, []audit.OutcomeStatus{audit.Accepted, audit.Duplicate}) {
		t.Errorf("append: %v", got)
	}
	expectHeld(t, direct, append(held, late)...)
}

// A caller's deadline ends a call long before the answer comes.
func TestADeadlineIsKeptWhileTheNetworkIsSilent(t *testing.T) {
	t.Parallel()
	proxy, through, _, held := faulty(t, time.Minute)
	proxy.Silence()
	writing := kindOfQuestion{"append", 0, func(ctx context.Context, s *Store) (int, error) {
		_, err := s.Append(ctx, held[:1])
		return 0, err
	}}
	for _, kind := range append(kindsOfQuestion(len(held)), writing) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		start := time.Now()
		_, err := kind.ask(ctx, through)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v, want that the deadline has passed", kind.name, err)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: took %v", kind.name, took)
		}
	}
}

// Callers often have less patience than the store. That a cluster answers none of
// them is noticed all the same.
func TestASilentClusterIsToldAtOnceThoughCallersGiveUpFirst(t *testing.T) {
	t.Parallel()
	proxy, through, _, held := faulty(t, time.Second)
	proxy.Silence()
	search := kindsOfQuestion(len(held))[0]
	for range breakAfter {
		ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
		_, err := search.ask(ctx, through)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want that the deadline has passed", err)
		}
	}
	_, err := search.ask(t.Context(), through)
	requireUnavailable(t, "search", err)
	if through.client.breaker.failures < breakAfter {
		t.Error("the circuit is closed")
	}
	proxy.Heal()
	eventuallyAnswers(t, through, len(held))
}

// However much of an answer arrives, it is all of it or an error.
func TestATruncatedAnswerIsAnError(t *testing.T) {
	t.Parallel()
	proxy, through, _, held := faulty(t, 10*time.Second)
	for _, kind := range kindsOfQuestion(len(held)) {
		failed := 0
		for _, after := range []int{0, 1, 60, 130, 250, 500, 1_000, 3_000, 9_000, 20_000, 10_000_000} {
			proxy.Heal()
			proxy.Truncate(after)
			through.client.breaker.succeeded() // what is asked next shall reach the network
			got, err := kind.ask(t.Context(), through)
			switch {
			case err != nil:
				failed++
				requireUnavailable(t, fmt.Sprintf("%s after %d bytes", kind.name, after), err)
			case got != kind.want:
				t.Errorf("%s after %d bytes: %d without an error, want %d", kind.name, after, got, kind.want)
			}
		}
		if failed == 0 || failed == 11 {
			t.Errorf("%s: %d of 11 times it failed", kind.name, failed)
		}
	}
}

// A stalled answer ends with the time that a request may take, and so does a
// trickling one.
func TestAStalledAnswerIsAnError(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*elastictest.FaultyProxy){
		"silent":    (*elastictest.FaultyProxy).Silence,
		"trickling": func(p *elastictest.FaultyProxy) { p.Throttle(1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy, through, _, held := faulty(t, 2*time.Second)
			spoil(proxy)
			_, err := kindsOfQuestion(len(held))[0].ask(t.Context(), through)
			requireUnavailable(t, "search", err)
			proxy.Heal()
			eventuallyAnswers(t, through, len(held))
		})
	}
}

// eventuallyAnswers requires that a store that was cut off recovers by itself.
func eventuallyAnswers(t *testing.T, s *Store, held int) {
	t.Helper()
	for _, kind := range kindsOfQuestion(held) {
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
			got, err := kind.ask(t.Context(), s)
			if err == nil && got == kind.want {
				break
			}
			if err == nil || audit.AsError(err).Code != audit.Unavailable || time.Now().After(deadline) {
				t.Fatalf("%s afterwards: %d, %v; want %d", kind.name, got, err, kind.want)
			}
		}
	}
}

func TestADeadClusterIsToldAtOnceAndItsReturnIsSeen(t *testing.T) {
	t.Parallel()
	proxy, through, _, held := faulty(t, 30*time.Second)
	proxy.Down()
	writing := kindOfQuestion{"append", 0, func(ctx context.Context, s *Store) (int, error) {
		_, err := s.Append(ctx, []*audit.Record{event(t, "o", "held-0", testTime, "")})
		return 0, err
	}}
	kinds := append(kindsOfQuestion(len(held)), writing)
	for range 20 {
		for _, kind := range kinds {
			_, err := kind.ask(t.Context(), through)
			requireUnavailable(t, kind.name, err)
		}
	}
	if err := through.Ready(t.Context()); audit.AsError(err).Code != audit.Unavailable {
		t.Errorf("ready: %v", err)
	}
	if _, open := through.client.breaker.allow(); open {
		t.Error("requests are let through to a dead cluster")
	}
	proxy.Up()
	eventuallyAnswers(t, through, len(held))
	if got := statuses(t, through, held[0]); got[0] != audit.Duplicate {
		t.Errorf("append: %v", got)
	}
}
