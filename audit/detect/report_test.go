package detect_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/detect"
)

// call is an API audit that used a token.
func call(t *testing.T, id, token, ip string, at time.Duration) *audit.Record {
	t.Helper()
	r, err := audit.DecodeEvent(fmt.Appendf(nil, `{"unique_id":%q,"create_time":%q,"event":{"subsystem":"api","action":"get","org_id":"org-1","token_id":%q,"source_ip":%q}}`,
		id, noon.Add(at).Format(time.RFC3339Nano), token, ip), "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestATokenMayBeUsedWhereItsUserLoggedInBefore(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		earlier try
		used    time.Duration
		from    string
		want    int
	}{
		"from where the login came":             {try{at: -time.Hour}, time.Minute, "192.0.2.77", 0},
		"from where the user logged in before":  {try{at: -20 * 24 * time.Hour, ip: "198.51.100.9"}, time.Minute, "198.51.100.1", 0},
		"from where nobody logged in":           {try{at: -time.Hour}, time.Minute, "198.51.100.1", 1},
		"from where another user logged in":     {try{at: -time.Hour, user: "bob", ip: "198.51.100.9"}, time.Minute, "198.51.100.1", 1},
		"from where the user logged in later":   {try{at: time.Hour, ip: "198.51.100.9"}, time.Minute, "198.51.100.1", 1},
		"from nowhere":                          {try{at: -time.Hour}, time.Minute, "unknown", 0},
		"from where nobody logged in, too late": {try{at: -time.Hour}, 25 * time.Hour, "198.51.100.1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := worldWith([]try{test.earlier, {token: "tok-1"}}, call(t, "api-1", "tok-1", test.from, test.used), call(t, "api-2", "tok-1", test.from, test.used+time.Second))
			r := w.everything()
			r.From, r.To, r.Rules = noon.Add(-time.Hour), noon.Add(48*time.Hour), []detect.Rule{detect.TokenFromForeignNetwork}
			found := w.detect(t, r)
			if len(found) != test.want {
				t.Fatalf("found %d, want %d", len(found), test.want)
			}
			if test.want > 0 && (len(found[0].Records) != 2 || found[0].Records[0].UniqueID != "api-1" || found[0].Severity != detect.High) {
				t.Errorf("found %+v", found[0])
			}
		})
	}
}

func TestATokenThatAnotherAttemptNamesIsUsedToo(t *testing.T) {
	t.Parallel()
	w := worldWith([]try{{token: "tok-1"}, {at: time.Minute, token: "tok-1"}, {at: time.Hour, token: "tok-1", ip: "198.51.100.1", steps: wrong},
		{at: time.Hour, org: "org-2", token: "tok-1", ip: "203.0.113.1"}})
	found := w.detect(t, w.everything())
	if len(found) != 1 || found[0].Rule != detect.TokenFromForeignNetwork || found[0].Severity != detect.Medium {
		t.Fatalf("found %+v", found)
	}
	if d := found[0]; len(d.Flows) != 2 || d.Flows[0].FlowID != "flow-0000" || d.Flows[1].FlowID != "flow-0002" || len(d.Records) > 0 {
		t.Errorf("the evidence is %+v, %+v", d.Flows, d.Records)
	}
}

func TestTheUsesOfATokenAreCountedOverAllPages(t *testing.T) {
	t.Parallel()
	var calls []*audit.Record
	for i := range 2*audit.MaxPageSize + 7 {
		calls = append(calls, call(t, fmt.Sprintf("api-%04d", i), "tok-1", "198.51.100.1", time.Duration(i)*time.Second))
	}
	w := worldWith([]try{{token: "tok-1"}}, calls...)
	found := w.detect(t, w.everything())
	if len(found) != 1 || found[0].Counts[0].Value != len(calls) || len(found[0].Records) != detect.MaxEvidence {
		t.Fatalf("found %+v", found)
	}
	if r := found[0].Records; r[0].UniqueID != "api-0000" || r[len(r)-1].UniqueID != "api-1006" {
		t.Errorf("the evidence is from %s to %s", r[0].UniqueID, r[len(r)-1].UniqueID)
	}
}

func TestOnlyTheScopeAndTheRangeAreLookedAt(t *testing.T) {
	t.Parallel()
	w := worldWith(repeated(10, time.Minute, try{steps: wrong}))
	for name, test := range map[string]struct {
		change func(*detect.Request)
		want   int
	}{
		"all":                                  {func(*detect.Request) {}, 1},
		"another org":                          {func(r *detect.Request) { r.Scope = audit.Orgs("org-2") }, 0},
		"another rule":                         {func(r *detect.Request) { r.Rules = []detect.Rule{detect.Spraying} }, 0},
		"a range that begins in the middle":    {func(r *detect.Request) { r.From = noon.Add(5 * time.Minute) }, 1},
		"a range that begins afterwards":       {func(r *detect.Request) { r.From = noon.Add(10 * time.Minute) }, 0},
		"a range that ends before the last":    {func(r *detect.Request) { r.To = noon.Add(9 * time.Minute) }, 0},
		"a higher threshold":                   {func(r *detect.Request) { r.Options.GuessFailures = 11 }, 0},
		"a lower threshold, in a shorter time": {func(r *detect.Request) { r.Options.GuessFailures, r.Options.GuessWindow = 3, 2*time.Minute }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := w.everything()
			test.change(&r)
			if found := w.detect(t, r); len(found) != test.want {
				t.Errorf("found %d, want %d", len(found), test.want)
			}
		})
	}
}

func TestAWaveOfFailuresIsOneDetectionWithBoundedEvidence(t *testing.T) {
	t.Parallel()
	w := worldWith(append(repeated(120, time.Minute, try{steps: wrong}), try{at: 125 * time.Minute}))
	found := w.detect(t, w.everything())
	if len(found) != 1 {
		t.Fatalf("found %d detections", len(found))
	}
	d := found[0]
	if d.Counts[0].Value != 120 || d.FlowCount != 121 || len(d.Flows) != detect.MaxEvidence || d.Severity != detect.High {
		t.Errorf("found %+v", d)
	}
	if first, last := d.Flows[0].FlowID, d.Flows[len(d.Flows)-1].FlowID; first != "flow-0000" || last != "flow-0120" {
		t.Errorf("the evidence is from %s to %s", first, last)
	}
}

func TestWhatTheBoundsCutOffIsTold(t *testing.T) {
	t.Parallel()
	tries := repeated(20, time.Minute, try{}, numbered, func(i int, a *try) { a.token = fmt.Sprint("tok-", i) })
	for i := range 3 {
		tries[i].user, tries[i].steps = "user-0", []audit.Stage{{EventName: "Identity Provider Callback", Result: "Failure", Count: 4}, step("Token", "Success")}
	}
	w := worldWith(append(tries, repeated(5, time.Minute, try{user: "user-3", at: -10 * 24 * time.Hour})...),
		call(t, "api-1", "tok-1", "192.0.2.1", 30*time.Minute), call(t, "api-2", "tok-1", "192.0.2.1", 31*time.Minute))
	r := w.everything()
	r.From = noon
	for name, test := range map[string]struct {
		flows, whole, wholeRecords, past, uses int
		want                                   string
	}{
		"flows":                  {flows: 7, want: "More than 7 login flows"},
		"whole":                  {whole: 1, want: "only those from 2026-10-20T12:02:00Z on were read in full"},
		"records of whole flows": {wholeRecords: 11, want: "only those from 2026-10-20T12:01:00Z on were read in full"},
		"a whole flow with more": {wholeRecords: 1, want: "only those from 2026-10-20T12:02:00Z on were read in full"},
		"past":                   {past: 2, want: "more than 2 logins in the history"},
		"uses":                   {uses: 1, want: "only the latest 1 were looked at"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := detect.Detector{Flows: w, Records: w}.WithBounds(test.flows, test.whole, test.wholeRecords, test.past, test.uses)
			report, err := d.Detect(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Gaps) != 1 || !strings.Contains(report.Gaps[0], test.want) {
				t.Errorf("the gaps are %q", report.Gaps)
			}
			if wantFrom := noon.Add(13 * time.Minute); test.flows > 0 && !report.From.Equal(wantFrom) {
				t.Errorf("it covers the time from %s, want %s", report.From, wantFrom)
			}
		})
	}
}

func TestARequestThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*detect.Request){
		"rules": func(r *detect.Request) { r.Rules = []detect.Rule{"SORCERY"} },
		"limit": func(r *detect.Request) { r.Limit = detect.MaxDetections + 1 },
		"time":  func(r *detect.Request) { r.From, r.To = noon, noon.Add(-time.Hour) },
		"time ": func(r *detect.Request) { r.From, r.To = noon, noon.Add(93*24*time.Hour) },
	} {
		r := detect.Request{Scope: audit.AllOrgs(), Limit: 1}
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&r)
		if e := audit.AsError(r.Validate()); e == nil || e.Code != audit.BadUserInput || e.Field != strings.TrimSpace(field) {
			t.Errorf("%s: %v", field, e)
		}
	}
}

func TestFewerDetectionsThanThereAreAreTheNewest(t *testing.T) {
	t.Parallel()
	w := worldWith(append(repeated(10, time.Minute, try{steps: wrong}), repeated(10, time.Minute, try{user: "bob", at: time.Hour, steps: wrong})...))
	r := w.everything()
	r.Limit = 1
	report, err := detect.Detector{Flows: w, Records: w}.Detect(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Detections) != 1 || report.Detections[0].UserID != "bob" || !report.Truncated {
		t.Errorf("found %+v", report)
	}
}

func TestEveryRuleSaysItsThresholdsAndWhy(t *testing.T) {
	t.Parallel()
	for _, info := range detect.Rules {
		thresholds := info.Thresholds()
		if info.Title == "" || info.Description == "" || len(thresholds) == 0 {
			t.Errorf("%s says too little", info.Rule)
		}
		for _, threshold := range thresholds {
			if threshold.Value <= 0 || len(threshold.Reason) < 20 {
				t.Errorf("%s: %+v", info.Rule, threshold)
			}
		}
	}
}
