package builder_test

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// BenchmarkBulk measures what it costs to build the flows of records that came
// together: new ones, of whole attempts, as an import brings them.
func BenchmarkBulk(b *testing.B) {
	const records = 50_000
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		w.append(attempts(b, records)...)
		before := processorTime(b)
		b.StartTimer()
		building, stop := w.run(w.options())
		w.catchUp(building)
		b.StopTimer()
		spent := processorTime(b) - before
		stop()
		if got := building.Stats(); got.Records != records || got.Written < records/5 {
			b.Fatalf("%+v\n%s", got, w.log)
		}
		b.ReportMetric(float64(spent.Microseconds())/records, "processor-µs/record")
		b.StartTimer()
	}
	b.ReportMetric(records*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// attempts makes up the records of attempts of five steps each, three of them in a session.
func attempts(tb testing.TB, n int) []*audit.Record {
	tb.Helper()
	steps := [5][2]string{{"Authentication Request", "InProgress"}, {"Identity Provider Callback", "Success"},
		{"Policy Evaluation", "Success"}, {"Authentication Request", "CodeIssued"}, {"Token", "Success"}}
	records := make([]*audit.Record, n)
	for i := range records {
		attempt, step := i/5, i%5
		random := rand.New(rand.NewPCG(uint64(attempt), 1))
		user := random.IntN(10_000)
		org := user % 50
		at := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(attempt)*13*time.Second + time.Duration(step)*1200*time.Millisecond)
		raw := fmt.Appendf(nil, `{"unique_id":"bulk-%09d","create_time":%[2]q,"event":{"subsystem":"auth","time":%[2]q,"event_name":%q,"result":%q,`+
			`"org_id":"org-%03[5]d","org_name":"Organisation %[5]d","issuer":"https://auth.org%[5]d.example","client_id":"client-%d",`+
			`"application_name":"Water SCADA","upstream_idp":"google","request_id":"req-%020x","trace_id":"%032x","source_ip":"10.%[5]d.%d.7",`+
			`"user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:134.0) Gecko/20100101 Firefox/134.0"`,
			i, at.Format(time.RFC3339Nano), steps[step][0], steps[step][1], org, user%8, uint64(attempt+1)*0x9e3779b97f4a7c15,
			uint64(attempt*3+step/2+1)*0xbf58476d1ce4e5b9, user%256)
		if step > 0 {
			raw = fmt.Appendf(raw, `,"user_id":"user-%06d","upstream_user_id":"person%d@org%d.example"`, user, user, org)
		}
		if step > 1 {
			raw = fmt.Appendf(raw, `,"session":"ses-%020x"`, uint64(attempt/3+1)*0x94d049bb133111eb)
		}
		if step == 4 {
			raw = fmt.Appendf(raw, `,"token_id":"tok-%016x"`, uint64(attempt+1)*0x2545f4914f6cdd1d)
		}
		r, err := audit.DecodeEvent(append(raw, "}}"...), "")
		if err != nil {
			tb.Fatal(err)
		}
		records[i] = r
	}
	return records
}

// processorTime is how long the processors have worked for this process.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
