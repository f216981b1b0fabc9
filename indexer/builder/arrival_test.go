package builder_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// record makes an auth record of one org; members are "name=value".
func record(tb testing.TB, id string, at time.Time, members ...string) *audit.Record {
	tb.Helper()
	var event strings.Builder
	for _, member := range members {
		if name, value, _ := strings.Cut(member, "="); value != "" {
			fmt.Fprintf(&event, `,%q:%q`, name, value)
		}
	}
	raw := fmt.Sprintf(`{"unique_id":%q,"create_time":%[2]q,"event":{"subsystem":"auth","time":%[2]q%s}}`, id, at.Format(time.RFC3339Nano), &event)
	r, err := audit.DecodeEvent([]byte(raw), "org-1")
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// tangle makes up records that share few ids and moments, so that hardly any flow is plain.
func tangle(tb testing.TB, random *rand.Rand, n int) []*audit.Record {
	tb.Helper()
	some := func(prefix string, of, in int) string {
		if random.IntN(in) == 0 {
			return ""
		}
		return fmt.Sprint(prefix, random.IntN(of))
	}
	records := make([]*audit.Record, n)
	for i := range records {
		at := noon.Add(time.Duration(random.IntN(2*n)) * time.Minute)
		records[i] = record(tb, fmt.Sprintf("u%03d", i/2), at, "org_id="+fmt.Sprint("org-", i%2),
			"request_id="+some("q", n/5, 2), "trace_id="+some("t", n/4, 2), "token_id="+some("k", n/4, 3),
			"session="+some("s", n/8, 2), "user_id="+some("p", 2, 3), "event_name=Token",
			"result="+[]string{"Success", "Failure", "Denied"}[random.IntN(3)])
	}
	return records
}

// Records that come late, twice and in any order, while the builder works and is
// stopped and started again, end in the flows of all records.
func TestArrivalDoesNotMatter(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 7))
			records := tangle(t, random, 200)
			if seed == 0 {
				records = sample(t)
			}
			arriving := slices.Concat(records, records[:len(records)/4])
			random.Shuffle(len(arriving), func(i, j int) { arriving[i], arriving[j] = arriving[j], arriving[i] })
			w := newWorld(t)
			options := w.options()
			options.Batch, options.Alone, options.Known = 1+random.IntN(160), seed%2 == 0, 1+random.IntN(400)
			b, stop := w.run(options)
			for some := range slices.Chunk(arriving, len(arriving)/12+1) {
				w.append(some...)
				switch random.IntN(3) {
				case 0:
					w.catchUp(b)
				case 1:
					stop()
					b, stop = w.run(options)
				}
			}
			w.catchUp(b)
			stop()
			w.requireFlowsOf(records)
		})
	}
}

// An id that comes to be on too many records is followed no more, and the flows
// that were stored before learn so, too.
func TestAnIdThatBecomesCrowdedIsReportedByAllFlows(t *testing.T) {
	t.Parallel()
	var records []*audit.Record
	for i := range 1_100 {
		ids := []string{"trace_id=shared", "session=common", "user_id=u"}
		if i%5 < 3 {
			ids = append(ids, fmt.Sprint("request_id=q", i/50))
		}
		records = append(records, record(t, fmt.Sprintf("r%04d", i), noon.Add(time.Duration(i)*time.Second), ids...))
	}
	w := newWorld(t)
	b, stop := w.run(w.options())
	for _, n := range []int{990, 1_000, 1_001, 1_060, 1_100} {
		w.append(records[:n]...)
		w.catchUp(b)
		w.requireFlowsOf(records[:n])
		if n == 1_060 {
			stop()
			b, _ = w.run(w.options())
		}
	}
}

// A look-up may bring a record before its turn, and a flow is stored that nobody
// looks for by the ids of the records that were followed.
func TestAFlowOfARecordThatIsYetToComeIsFoundInItsTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	options := w.options()
	options.Batch = 2
	options.Flows = troubled{w.flows, func(changes []audit.Replacement) error {
		for _, c := range changes {
			if slices.Contains(c.Row.Values(query.FlowRecordID), "poison") {
				panic("it is poisonous") // which makes the builder forget what it has looked up
			}
		}
		return nil
	}, never}
	poison := record(t, "poison", noon, "org_id=org-1", "request_id=q-poison")
	records := []*audit.Record{
		record(t, "a", noon, "org_id=org-1", "session=s", "request_id=p1"),
		record(t, "b", noon.Add(time.Second), "org_id=org-1", "session=s", "request_id=p2"),
		record(t, "other", noon, "org_id=org-1", "request_id=p3"),
		record(t, "r", noon.Add(2*time.Second), "org_id=org-1", "session=s", "trace_id=t"),
		record(t, "q", noon.Add(2*time.Second), "org_id=org-1", "request_id=q", "trace_id=t"),
	}
	w.append(records[0], poison)
	b, _ := w.run(options)
	w.catchUp(b)
	w.append(records[1:]...)
	w.catchUp(b)
	w.requireFlowsOf(records)
}

func TestOneNewRecordIsSoonInItsFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, _ := w.run(w.options())
	w.catchUp(b)
	var longest time.Duration
	for i := range 5 {
		began := time.Now()
		w.append(record(t, fmt.Sprint("r", i), noon.Add(time.Duration(i)*time.Second), "request_id=q"))
		w.catchUp(b)
		longest = max(longest, time.Since(began))
	}
	if longest > time.Second {
		t.Errorf("it took up to %s", longest)
	}
	t.Logf("at most %s", longest)
	if rows := w.rows(); len(rows) != 1 {
		t.Errorf("%d flows are stored", len(rows))
	}
}
