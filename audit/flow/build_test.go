package flow_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"pgregory.net/rapid"
)

const wholeLogin = `
0s    | Authentication Request           | InProgress   | trace_id=t1 | source_ip=10.0.0.1
1s    | Identity Provider Authentication | Authenticate | trace_id=t1 | upstream_idp=google | source_ip=10.0.0.2
3s    | Identity Provider Callback       | Success      | trace_id=t2 | upstream_idp=okta | upstream_user_id=ann@org.example | user_id=u1
3.5s  | Policy Evaluation                | Success      | trace_id=t2 | session=s1 | application_name=Wiki
3.75s | Policy Evaluation                | Success      | trace_id=t2 | session=s1
5s    | Authentication Request           | CodeIssued   | trace_id=t2 | session=s1 | user_agent=Firefox
6s    | Token                            | Success      | trace_id=t3 | session=s2 | token_id=k1 | source_ip=10.0.0.1`

func TestAFlowCarriesWhatItsRecordsSay(t *testing.T) {
	t.Parallel()
	f := flow.Build("org-1", "req-1", steps(t, wholeLogin), began, idle)
	for name, c := range map[string]struct{ got, want any }{
		"org":         {f.Org, "org-1"},
		"request":     {f.RequestID, "req-1"},
		"user":        {f.UserID, "u1"},
		"upstream":    {f.UpstreamUserID, "ann@org.example"},
		"application": {f.ApplicationName, "Wiki"},
		"provider":    {f.UpstreamIDP, "google"},
		"start":       {f.StartedAt, began},
		"end":         {f.EndedAt, began.Add(6 * time.Second)},
		"duration":    {f.Duration(), 6 * time.Second},
		"last stage":  {f.LastStage, "Token"},
		"revision":    {f.Revision, 1},
		"records":     {ids(f.Records), []string{"r1", "r2", "r3", "r4", "r5", "r6", "r7"}},
		"sessions":    {f.Sessions, []string{"s1", "s2"}},
		"traces":      {f.Traces, []string{"t1", "t2", "t3"}},
		"tokens":      {f.Tokens, []string{"k1"}},
		"addresses":   {f.SourceIPs, []string{"10.0.0.1", "10.0.0.2"}},
		"agents":      {f.UserAgents, []string{"Firefox"}},
		"truncated":   {f.Truncated, false},
		"shape":       {f.Shape, "Request › IdP sign-in › IdP ✓ › Policy ✓ › Code issued › Token ✓"},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	for i, link := range f.Links {
		if link.Record != f.Records[i] || link.Via != audit.ViaRequest || link.Strength != audit.Certain {
			t.Errorf("link %d: %s %s", i, link.Via, link.Strength)
		}
	}
}

func TestStagesAreRunsOfRecordsThatSayTheSame(t *testing.T) {
	t.Parallel()
	var got []string
	for _, s := range flow.Build("org-1", "req-1", steps(t, wholeLogin), began, idle).Stages {
		got = append(got, fmt.Sprint(s.EventName, " ", s.Result, " ", s.StartedAt.Sub(began), " +", s.Gap, " ", ids(s.Records)))
	}
	want := []string{
		"Authentication Request InProgress 0s +0s [r1]",
		"Identity Provider Authentication Authenticate 1s +1s [r2]",
		"Identity Provider Callback Success 3s +2s [r3]",
		"Policy Evaluation Success 3.5s +500ms [r4 r5]",
		"Authentication Request CodeIssued 5s +1.5s [r6]",
		"Token Success 6s +1s [r7]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAFlowDependsOnTheSetOfItsRecords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		records := someRecords(t, rt)
		want := flow.Build("org-1", "req-1", records, began, idle)
		repeated := append(slices.Clone(records), rapid.SliceOfN(rapid.SampledFrom(records), 0, 5).Draw(rt, "repeats")...)
		mixed := rapid.Permutation(repeated).Draw(rt, "mixed")
		given := slices.Clone(mixed)
		got := flow.Build("org-1", "req-1", mixed, began, idle)
		if !reflect.DeepEqual(got, want) {
			rt.Fatalf("%v\nwant %v", got, want)
		}
		if !slices.Equal(mixed, given) {
			rt.Fatal("the caller's records were reordered")
		}
	})
}

func someRecords(t *testing.T, rt *rapid.T) []*audit.Record {
	names := []string{"", "Token", "Policy Evaluation", "MFA Challenge", "Identity Provider Callback", "Assertion Request", "Odd  name"}
	results := []string{"", "Success", "Failure", "Denied", "Timeout", "SessionExpired", "CodeIssued", "Create", "DoMfa"}
	records := make([]*audit.Record, rapid.IntRange(1, 8).Draw(rt, "n"))
	for i := range records {
		at := time.Duration(rapid.IntRange(0, 4).Draw(rt, "second")) * time.Second
		records[i] = record(t, fmt.Sprintf("r%d", i), at,
			"event_name="+rapid.SampledFrom(names).Draw(rt, "name"), "result="+rapid.SampledFrom(results).Draw(rt, "result"),
			"user_id="+rapid.SampledFrom([]string{"", "u1", "u2"}).Draw(rt, "user"),
			"session="+rapid.SampledFrom([]string{"", "s1", "s2"}).Draw(rt, "session"))
	}
	return records
}

func TestWithoutRecordsThereIsNoFlow(t *testing.T) {
	t.Parallel()
	if f := flow.Build("org-1", "req-1", nil, began, idle); f != nil {
		t.Errorf("got %v", f)
	}
}

func TestTheIDTellsAttemptsApart(t *testing.T) {
	t.Parallel()
	records := steps(t, "0s | Token | Success")
	id := func(org, request string) string { return flow.Build(org, request, records, began, idle).ID }
	const stable = "e21c08defcded92bd54c5652e5611b6c" // written down: an id that was handed out must go on naming its flow
	if got := id("org", "req"); got != stable {
		t.Errorf("the id is %s", got)
	}
	for _, other := range [][2]string{{"or", "greq"}, {"orgr", "eq"}, {"", "orgreq"}, {"org", "req "}, {"org", "REQ"}} {
		if id("org", "req") == id(other[0], other[1]) {
			t.Errorf("(org, req) and %q share an id", other)
		}
	}
}

func TestALongAttemptKeepsItsBeginningAndItsEnd(t *testing.T) {
	t.Parallel()
	for n, truncated := range map[int]bool{999: false, 1000: false, 1001: true, 1203: true} {
		records := make([]*audit.Record, n)
		for i := range records {
			records[i] = record(t, fmt.Sprintf("r%04d", i), time.Duration(i)*time.Second, "event_name=MFA Challenge", "result=Failure")
		}
		f := flow.Build("org-1", "req-1", records, began, idle)
		want := records
		if n > audit.MaxFlowRecords {
			want = slices.Concat(records[:500], records[n-500:])
		}
		if f.Truncated != truncated || !slices.Equal(f.Records, want) || len(f.Links) != len(want) {
			t.Errorf("%d records: truncated %t, %d records, %d links", n, f.Truncated, len(f.Records), len(f.Links))
		}
	}
}
