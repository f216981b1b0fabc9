package elastic

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

var testTime = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// event returns a record with some members of its event.
func event(t testing.TB, org, id string, at time.Time, members string) *audit.Record {
	t.Helper()
	raw := fmt.Sprintf(`{"unique_id":%q,"create_time":%q,"event":{%s}}`, id, at.Format(time.RFC3339Nano), members)
	r, err := audit.DecodeEvent(json.RawMessage(raw), org)
	if err != nil {
		t.Fatalf("decode %.200s: %v", raw, err)
	}
	return r
}

// statuses appends a batch and returns what became of each record.
func statuses(t testing.TB, s *Store, batch ...*audit.Record) []audit.OutcomeStatus {
	t.Helper()
	outcomes, err := s.Append(context.Background(), batch)
	if err != nil {
		t.Fatalf("append %d records: %v", len(batch), err)
	}
	list := make([]audit.OutcomeStatus, len(outcomes))
	for i, outcome := range outcomes {
		if list[i] = outcome.Status; outcome.Reason != "" {
			t.Logf("%s: %s", batch[i].UniqueID, outcome.Reason)
		}
	}
	return list
}

// held returns all records that a search sees, up to 10,000.
func held(t testing.TB, s *Store, index string) []*audit.Record {
	t.Helper()
	if err := s.refreshWritten([]string{index}); err != nil { // what other processes have written, too
		t.Fatalf("refresh: %v", err)
	}
	var answer struct {
		Hits struct {
			Hits []struct {
				Source source `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	body := strings.NewReader(`{"size":10000,"sort":[{"time":"desc"},{"tie":"desc"}]}`)
	if err := s.client.do(context.Background(), esapi.SearchRequest{Index: []string{index}, Body: body}, &answer); err != nil {
		t.Fatalf("search: %v", err)
	}
	records := make([]*audit.Record, len(answer.Hits.Hits))
	for i, hit := range answer.Hits.Hits {
		records[i] = s.format.record(spot{}, hit.Source)
	}
	return records
}

// expectHeld checks that the store holds exactly these records, in their total order.
func expectHeld(t testing.TB, s *Store, want ...*audit.Record) {
	t.Helper()
	want = slices.SortedFunc(slices.Values(want), func(a, b *audit.Record) int {
		return audit.Order{}.Compare(audit.Hit{Record: a}, audit.Hit{Record: b})
	})
	got := held(t, s, s.names.records())
	if len(got) != len(want) {
		t.Fatalf("%d records are held, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Stored() != want[i].Stored() {
			t.Errorf("row %d is\n\t%.300v\nwant\n\t%.300v", i, got[i].Stored(), want[i].Stored())
		}
	}
}

func sampleEvents(t testing.TB) []*audit.Record {
	t.Helper()
	file, err := os.Open("../../testdata/sample-events.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var records []*audit.Record
	seen := map[audit.Key]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		r, err := audit.DecodeEvent(json.RawMessage(lines.Bytes()), "")
		if err != nil {
			t.Fatal(err)
		}
		if !seen[r.Key()] {
			records = append(records, r)
		}
		seen[r.Key()] = true
	}
	return records
}

func TestSampleEventsAreHeldWhole(t *testing.T) {
	t.Parallel()
	s := open(t, testOptions(t))
	records := sampleEvents(t)
	for i, status := range statuses(t, s, records...) {
		if status != audit.Accepted {
			t.Fatalf("record %d is %v", i, status)
		}
	}
	expectHeld(t, s, records...)
}

func TestWhatTheEngineRefusesIsHeld(t *testing.T) {
	t.Parallel()
	s := open(t, testOptions(t))
	long := strings.Repeat("x", 40_000)
	records := []*audit.Record{
		event(t, "o", "long", testTime, `"user_id":"`+long+`","source_ip":"`+long+`","user_agent":"`+long+`","k":"`+long+`"`),
		event(t, "o", "long-path", testTime, `"`+long+`":{"`+long+`":1}`),
		event(t, "o", "wide", testTime, `"user_id":"`+strings.Repeat("ﷺ", 13_000)+`"`),
		event(t, long, "long-org", testTime, ``),
		event(t, long+"b", "long-org", testTime, ``),
		event(t, "n\x00l", "nul", testTime, `"user_id":"a\u0000b","\u0000":"\u0000","source_ip":"\u0000"`),
		event(t, "n", "surrogates", testTime, `"user_id":"\ud800","x":"\udfff\ud800"`),
		event(t, "n", "twice", testTime, `"a":1,"a":{"b":2},"user_id":"x","user_id":"y"`),
		event(t, "n", "deep", testTime, strings.Repeat(`"d":{`, 480)+`"e":"f"`+strings.Repeat(`}`, 480)),
		event(t, "n", "no-address", testTime, `"source_ip":"nowhere"`),
		event(t, "n", "zone", testTime, `"source_ip":"fe80::1%eth0"`),
		event(t, "n", "mapped", testTime, `"source_ip":"::ffff:10.0.0.1"`),
		event(t, "n", "numbers", testTime, `"user_id":"9223372036854775807","session":"-9223372036854775808","token_id":"+5","trace_id":"99999999999999999999","n":1e999`),
		event(t, "n", "first", time.Unix(0, 0).UTC(), ``),
		event(t, "n", "last", time.Date(2261, 12, 31, 23, 59, 59, 999_999_999, time.UTC), ``),
		event(t, "n", "megabyte", testTime, `"blob":"`+strings.Repeat("lorem ipsum ", 86_000)+`"`),
		event(t, "n", "one-word", testTime, `"blob":"`+strings.Repeat("w", 1_000_000)+`"`),
		event(t, "n", "many", testTime, `"list":[`+strings.Repeat(`"a",`, 250_000)+`"b"]`),
		event(t, "", "plain", testTime, ``),
	}
	for i, status := range statuses(t, s, records...) {
		if status != audit.Accepted {
			t.Errorf("%s is %v", records[i].UniqueID, status)
		}
	}
	expectHeld(t, s, records...)
}

func TestARecordSentBySeveralProcessesIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	processes := []*Store{open(t, options), open(t, options), open(t, options)}
	var records []*audit.Record
	for i := range 300 {
		records = append(records, event(t, "o", fmt.Sprintf("r-%d", i), testTime.Add(time.Duration(i)*time.Hour), ""))
	}
	accepted := make([]int, len(records))
	var mu sync.Mutex
	var group sync.WaitGroup
	for n := range 6 {
		group.Go(func() {
			for batch := range slices.Chunk(records, 50+7*n) {
				outcomes, err := processes[n%len(processes)].Append(context.Background(), batch)
				if err != nil {
					t.Errorf("append: %v", err)
					return
				}
				mu.Lock()
				for i, outcome := range outcomes {
					if outcome.Status == audit.Accepted {
						accepted[slices.Index(records, batch[i])]++
					}
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for i, times := range accepted {
		if times != 1 {
			t.Errorf("%s was accepted %d times", records[i].UniqueID, times)
		}
	}
	expectHeld(t, processes[0], records...)
}

// What one process was told is there, it finds at once; so does one that begins
// then, and one that runs finds it when the engine has refreshed by itself.
func TestWhatIsAcknowledgedIsFoundByEveryProcess(t *testing.T) {
	t.Parallel()
	options := testOptions(t)
	writer, reader := open(t, options), open(t, options)
	all := []audit.Query{{Scope: audit.AllOrgs()}}
	expect := func(s *Store, want int) {
		t.Helper()
		if counts, err := s.Count(t.Context(), all); err != nil || counts[0] != want {
			t.Errorf("%v records are found, %v; want %d", counts, err, want)
		}
	}
	expect(reader, 0)
	for i := range 5 {
		statuses(t, writer, event(t, "o", fmt.Sprintf("r-%d", i), testTime, ""))
		expect(writer, i+1)
	}
	statuses(t, writer, event(t, "o", "last", testTime, ""))
	expect(open(t, options), 6)
	statuses(t, writer, event(t, "o", "one-more", testTime, ""))
	for deadline := time.Now().Add(10 * time.Second); ; {
		counts, err := reader.Count(t.Context(), all)
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("another process finds %v, %v; want 7", counts, err)
		}
		if counts[0] == 7 {
			break
		}
	}
	repeat := event(t, "o", "by-another", testTime, "")
	statuses(t, writer, repeat)
	if got := statuses(t, reader, repeat); got[0] != audit.Duplicate {
		t.Errorf("a repeat at another process is %v", got)
	}
	expect(reader, 8) // it was told that it is there
}

func TestWhatCannotBeHeldIsRejectedAlone(t *testing.T) {
	t.Parallel()
	s := open(t, testOptions(t))
	good := event(t, "o", "good", testTime, "")
	kindless, early, garbled := *good, *good, *good
	kindless.Kind, early.Time, garbled.Org = 9, time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC), "\xff"
	outcomes, err := s.Append(context.Background(), []*audit.Record{nil, &kindless, &early, &garbled, good, good})
	if err != nil {
		t.Fatal(err)
	}
	want := []audit.Outcome{
		{Status: audit.Rejected, Reason: "there is no record"}, {Status: audit.Rejected, Reason: "the kind of event is unknown"},
		{Status: audit.Rejected, Reason: "the time is not from 1970 to 2261"}, {Status: audit.Rejected, Reason: "the event is not valid UTF-8"},
		{Status: audit.Accepted}, {Status: audit.Duplicate},
	}
	if !slices.Equal(outcomes, want) {
		t.Errorf("outcomes %+v, want %+v", outcomes, want)
	}
	expectHeld(t, s, good)
}
