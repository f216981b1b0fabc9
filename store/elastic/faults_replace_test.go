package elastic

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// Several writers add their marks to one row, each to what it read, while answers
// are cut off and requests sent to another node. What is acknowledged is there
// once, and nothing is there twice.
func TestAReplacementThatIsCutOffIsNeverAcknowledgedFalsely(t *testing.T) {
	t.Parallel()
	options := rowOptions(t)
	direct := open(t, options)
	replace(t, direct, audit.Replacement{Row: row("f", testTime, "marks:")})
	proxies := []*elastictest.FaultyProxy{elastictest.Proxy(t, options.URLs[0]), elastictest.Proxy(t, options.URLs[0])}
	options.URLs = []string{proxies[0].URL(), proxies[1].URL()}
	var group sync.WaitGroup
	var mu sync.Mutex
	var made []string
	for writer := range 3 {
		through := open(t, options)
		group.Go(func() {
			for round := range 10 {
				mark := fmt.Sprintf("%d-%d", writer, round)
				through.client.breaker.succeeded() // what is sent next shall reach the network
				err := addMark(t, direct, through, mark)
				mu.Lock()
				switch code := audit.AsError(err); {
				case err == nil:
					made = append(made, mark)
				case code.Code != audit.Conflict && code.Code != audit.Unavailable:
					t.Errorf("replace: %v", err)
				}
				mu.Unlock()
			}
		})
	}
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	spoilUntil(done, proxies)
	marks := strings.Split(marksOf(t, direct), "+")[1:]
	t.Logf("%d of %d marks were acknowledged, %d are there", len(made), 30, len(marks))
	for _, mark := range made {
		if !slices.Contains(marks, mark) {
			t.Errorf("%s was acknowledged, and is not there", mark)
		}
	}
	if len(made) == 0 || len(slices.Compact(slices.Sorted(slices.Values(marks)))) != len(marks) {
		t.Errorf("the marks are %v", marks)
	}
}

// addMark reads the row by one store, and replaces it by another.
func addMark(t testing.TB, direct, through *Store, mark string) error {
	page, err := direct.Search(t.Context(), audit.Query{Scope: audit.AllOrgs(), Window: audit.Window{Limit: 1}})
	if err != nil {
		return err
	}
	is := page.Hits[0].Record
	outcome, _ := is.Get(query.FlowOutcome)
	return through.Replace(t.Context(), []audit.Replacement{{Row: row("f", testTime, outcome+"+"+mark), Was: is.Version}})
}

func marksOf(t testing.TB, s *Store) string {
	t.Helper()
	if err := s.refreshWritten([]string{s.names.records()}); err != nil { // what nobody was told of
		t.Fatal(err)
	}
	outcome, _ := heldRows(t, s)[0].Get(query.FlowOutcome)
	return outcome
}

// spoilUntil spoils answers, of one proxy after another, until done.
func spoilUntil(done <-chan struct{}, proxies []*elastictest.FaultyProxy) {
	for round := 0; ; round++ {
		proxy := proxies[round%len(proxies)]
		if round%4 < 2 {
			proxy.Truncate(round * 7 % 300)
		} else {
			proxy.Reset(time.Duration(round%5) * time.Millisecond)
		}
		select {
		case <-done:
			proxy.Heal()
			return
		case <-time.After(10 * time.Millisecond):
		}
		proxy.Heal()
		time.Sleep(10 * time.Millisecond) // without trouble
	}
}
