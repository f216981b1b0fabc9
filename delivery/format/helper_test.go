package format_test

import (
	"bufio"
	"encoding/json"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/format"
)

const idle = time.Hour

var formats = []string{destination.FormatAgilicus, destination.FormatUnified, destination.FormatOCSF,
	destination.FormatECS, destination.FormatCEF}

// in returns a destination that wants a format, with these redactions.
func in(name string, redactions ...destination.Redaction) destination.Destination {
	return destination.Destination{
		Spec: destination.Spec{Delivery: &destination.DeliverySettings{Format: name, Redactions: redactions}},
		Keys: &destination.Keys{Hashing: []byte("a key of thirty-two random bytes")},
	}
}

func newEncoder(t testing.TB, d destination.Destination) delivery.Encoder {
	t.Helper()
	c, err := format.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// encode writes a record behind something else, as into a batch.
func encode(t testing.TB, d destination.Destination, r *audit.Record) string {
	t.Helper()
	const before = "before\n"
	out, err := newEncoder(t, d).Encode([]byte(before), r)
	if err != nil {
		t.Fatal(err)
	}
	if string(out[:len(before)]) != before {
		t.Fatal("what was in the buffer has changed")
	}
	return string(out[len(before):])
}

func record(t testing.TB, raw string) *audit.Record {
	t.Helper()
	r, err := audit.DecodeEvent(json.RawMessage(raw), "org-of-the-sender")
	if err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return r
}

// sample returns the records of the sample.
var sample = sync.OnceValue(func() []*audit.Record {
	file, err := os.Open("../../testdata/sample-events.ndjson")
	if err != nil {
		panic(err)
	}
	defer file.Close()
	var records []*audit.Record
	seen := map[audit.Key]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		r, err := audit.DecodeEvent(lines.Bytes(), "")
		if err != nil {
			panic(err)
		}
		if !seen[r.Key()] {
			records = append(records, r)
		}
		seen[r.Key()] = true
	}
	return records
})

// flowRow returns the row of a flow in its first state, long after it ended unless it
// is still going on.
func flowRow(s *flow.Stitched, goingOn bool) *audit.Record {
	now := s.Links[len(s.Links)-1].Record.Time
	if !goingOn {
		now = now.Add(2 * idle)
	}
	state, _ := flow.Revise(nil, s, now, idle)
	return flow.NewRow(state)
}

// sampleFlows returns the rows of the sample's closed flows.
var sampleFlows = sync.OnceValue(func() []*audit.Record {
	var auth []*audit.Record
	for _, r := range sample() {
		if r.Kind == audit.KindAuth {
			auth = append(auth, r)
		}
	}
	var rows []*audit.Record
	for _, s := range flow.StitchAll(auth, flow.Rules{Idle: idle}) {
		rows = append(rows, flowRow(s, false))
	}
	return rows
})

// examples are an event of every sort, and a login flow of every outcome.
func examples(t testing.TB) map[string]*audit.Record {
	t.Helper()
	found := map[string]*audit.Record{
		"generic": record(t, `{"unique_id":"gen-1","create_time":"2026-11-01T00:00:01.123456Z","agent":"edge-7","event":{"log_type":"access",
			"time":"2026-11-01T00:00:01.123456789Z","org":"org-9","sub":"user-9","jti":"token-9","request_id":"req-9","hostname":"web.example",
			"path":"/a?b=c|d\\e","response_code":403,"headers":{"x":["1",2,null,true]}}}`),
		"odd": record(t, `{"unique_id":"odd-1","create_time":"2026-11-01T00:00:02Z","event":{"event_name":"Step|up=1","result":"Maybe",
			"user_id":7,"upstream_user_id":"O\"Neil \\ \u00e4\nroot","source_ip":"2001:db8::1","user_agent":"a=b|c\\d\r\n","empty":"","none":null,"a.b":{"c":[]}}}`),
		"nowhere":  record(t, `{"unique_id":"now-1","create_time":"2026-11-01T00:00:02Z","event":{"event_name":"Token","source_ip":"proxy-3"}}`),
		"nobody":   record(t, `{"unique_id":"nob-1","create_time":"2026-11-01T00:00:02Z","event":{"action":"list","api_name":"users","audit_attributes":[{"attribute_id":"u1"}]}}`),
		"staged":   record(t, `{"unique_id":"sta-1","create_time":"2026-11-01T00:00:02Z","event":{"subsystem":"auth","stage":"Login","event":"Denied","user_id":"user-1"}}`),
		"isolated": record(t, `{"unique_id":"iso-1","create_time":"2026-11-01T00:00:02Z","event":{}}`),
	}
	add := func(name string, r *audit.Record) {
		if found[name] == nil {
			found[name] = r
		}
	}
	for _, r := range sample() {
		if r.Kind == audit.KindAPI {
			action, _ := r.Get(query.Action)
			add("api-"+action, r)
			continue
		}
		result, _ := r.Get(query.Result)
		add("auth-"+result, r)
	}
	for _, row := range sampleFlows() {
		outcome, _ := row.Get(query.FlowOutcome)
		if outcome == "UNDECIDED" { // so long ago that it was abandoned
			outcome = string(audit.Abandoned)
		}
		add("flow-"+outcome, row)
	}
	return found
}
