package sqlite

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func TestUnusualEventsAreHeldAndFound(t *testing.T) {
	t.Parallel()
	s := open(t)
	var many strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&many, `,"property_%d":"value %d"`, i, i)
	}
	huge := strings.Repeat("0123456789 ", 95_000)
	records := []*audit.Record{
		event(t, "nul", noon, `"user_id":"a\u0000b","note":"before\u0000after"`),
		event(t, "huge", noon, `"note":"`+huge+` needle"`),
		event(t, "empty", noon, ""),
		event(t, "many", noon, many.String()[1:]),
		event(t, strings.Repeat("._-", 170), noon, `"_k1":"_e _k1 \"quoted\" AND OR NOT *"`),
		event(t, "long", noon, `"session":"`+strings.Repeat("x.y-", 10_000)+`"`),
	}
	add(t, s, records...)
	for name, where := range map[string]query.Node{
		"nul":   query.Exact{Field: query.UserID, Values: []string{"a\x00b"}},
		"huge":  query.Words{Tokens: []string{"needle"}},
		"many":  query.ExtraValue{Path: "property_9999", Value: "value 9999"},
		"long":  query.Exact{Field: query.Session, Values: []string{strings.Repeat("x.y-", 10_000)}},
		"empty": query.Exact{Field: query.UniqueID, Values: []string{"empty"}},
	} {
		q := everything500()
		q.Where = where
		if got := search(t, s, q); len(got) != 1 || got[0] != name {
			t.Errorf("%s: found %v", name, got)
		}
	}
	for _, text := range []string{"_", "_k1", "quoted", `"k1 quoted"`, "after", `"before after"`, "e*"} {
		where, err := query.Parse(text, noon)
		if err != nil {
			continue
		}
		compareAll(t, s, records, where)
	}
	page, err := s.Search(t.Context(), everything500())
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range page.Records() {
		for _, sent := range records {
			if got.Key() == sent.Key() && got.Raw != sent.Raw {
				t.Errorf("%s changed", sent.UniqueID)
			}
		}
	}
}

func TestWhatCannotBeHeldIsRejectedAlone(t *testing.T) {
	t.Parallel()
	s := open(t)
	strange, late := *event(t, "strange", noon, ""), *event(t, "late", noon, "")
	strange.Kind, late.Time = 9, time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)
	outcomes, err := s.Append(t.Context(), []*audit.Record{&strange, event(t, "good", noon, ""), nil, &late})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []audit.OutcomeStatus{audit.Rejected, audit.Accepted, audit.Rejected, audit.Rejected} {
		if outcomes[i].Status != want || (want == audit.Rejected) != (outcomes[i].Reason != "") {
			t.Errorf("record %d: %+v", i, outcomes[i])
		}
	}
}

func TestKeysWhoseHashesCollideAreDifferentKeys(t *testing.T) {
	t.Parallel()
	s := open(t)
	record := func(id string) *item {
		it, _ := s.encode(event(t, id, noon, ""))
		it.hash = 1<<64 - 2 // the third of them wraps around
		return it
	}
	submit := func(ids ...string) []audit.Outcome {
		j := &job{outcomes: make([]audit.Outcome, len(ids)), written: make(chan error, 1)}
		for _, id := range ids {
			j.items = append(j.items, record(id))
		}
		s.jobs <- j
		if err := <-j.written; err != nil {
			t.Fatal(err)
		}
		return j.outcomes
	}
	for _, round := range []struct {
		ids  []string
		want []audit.OutcomeStatus
	}{
		{[]string{"a", "b", "a"}, []audit.OutcomeStatus{audit.Accepted, audit.Accepted, audit.Duplicate}},
		{[]string{"c", "b", "d"}, []audit.OutcomeStatus{audit.Accepted, audit.Duplicate, audit.Accepted}},
		{[]string{"d", "c", "a"}, []audit.OutcomeStatus{audit.Duplicate, audit.Duplicate, audit.Duplicate}},
	} {
		for i, outcome := range submit(round.ids...) {
			if outcome.Status != round.want[i] {
				t.Errorf("%s of %v: %v", round.ids[i], round.ids, outcome.Status)
			}
		}
	}
	if found := search(t, s, everything500()); len(found) != 4 {
		t.Errorf("found %v", found)
	}
}

func TestConcurrentBatchesStoreEachRecordOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	var records []*audit.Record
	for i := range 300 {
		records = append(records, event(t, fmt.Sprint("r", i), noon.Add(time.Duration(i)*time.Millisecond), ""))
	}
	var accepted sync.Map
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			outcomes, err := s.Append(t.Context(), records)
			if err != nil {
				t.Error(err)
			}
			for i, outcome := range outcomes {
				if outcome.Status != audit.Accepted {
					continue
				}
				if _, twice := accepted.LoadOrStore(i, true); twice {
					t.Errorf("record %d was accepted twice", i)
				}
			}
		})
	}
	wait.Wait()
	fed, err := s.Since(t.Context(), "", 1000)
	if err != nil || len(fed.Records) != 300 {
		t.Errorf("the feed has %d records: %v", len(fed.Records), err)
	}
	for i := range records {
		if _, ok := accepted.Load(i); !ok {
			t.Errorf("record %d was never accepted", i)
		}
	}
}

func TestACancelledCallerLeavesTheStoreWhole(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Append(ctx, []*audit.Record{event(t, "a", noon, "")}); err != nil && ctx.Err() == nil {
		t.Errorf("got %v", err)
	}
	add(t, s, event(t, "b", noon, ""))
	if _, err := s.Search(ctx, everything500()); err == nil {
		t.Error("a cancelled search answered")
	}
	if found := search(t, s, everything500()); found[0] != "b" {
		t.Errorf("found %v", found)
	}
}

func TestCloseWritesWhatWaits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	acknowledged := make(chan string, 1000)
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			for i := range 200 {
				id := fmt.Sprintf("w%d-%d", worker, i)
				if _, err := s.Append(context.Background(), []*audit.Record{event(t, id, noon, "")}); err != nil {
					if audit.AsError(err).Code != audit.Unavailable {
						t.Errorf("%s: %v", id, err)
					}
					return
				}
				acknowledged <- id
			}
		})
	}
	for range 20 {
		<-acknowledged
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
	count := 20 + len(acknowledged)
	s = openIn(t, dir)
	counts, err := s.Count(t.Context(), []audit.Query{everything500()})
	if err != nil || counts[0] < count {
		t.Errorf("%d of %d acknowledged records are there: %v", counts, count, err)
	}
}
