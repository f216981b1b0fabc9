package detect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/detect"
)

// steps are the records of one attempt of ann, so long one after the other: "Name/Result", and
// perhaps members of its own as in "Token/Success token_id=k request_id=".
func steps(t *testing.T, every time.Duration, attempt string, lines ...string) []*audit.Record {
	t.Helper()
	var records []*audit.Record
	for i, line := range lines {
		step, members, _ := strings.Cut(line, " | ")
		name, result, _ := strings.Cut(step, "/")
		event := map[string]string{"subsystem": "auth", "org_id": "org-1", "request_id": attempt, "time": noon.Add(time.Duration(i) * every).Format(time.RFC3339Nano),
			"upstream_user_id": "ann", "source_ip": "192.0.2.1", "event_name": name, "result": result}
		for member := range strings.FieldsSeq(members) {
			key, value, _ := strings.Cut(member, "=")
			event[key] = value
		}
		maps.DeleteFunc(event, func(_, value string) bool { return value == "" })
		text, err := json.Marshal(map[string]any{"unique_id": fmt.Sprintf("%s-%03d", attempt, i), "create_time": event["time"], "event": event})
		if err != nil {
			t.Fatal(err)
		}
		r, err := audit.DecodeEvent(text, "")
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

func TestFailuresAndChallengesCountWhenTheyWere(t *testing.T) {
	t.Parallel()
	wrong := slices.Repeat([]string{"Identity Provider Callback/Failure"}, 10)
	old := slices.Repeat([]string{"/ | stage=Login event=Failure session=s request_id="}, 10)
	asked := slices.Repeat([]string{"MFA Challenge/Create"}, 6)
	met := []string{"MFA Challenge/Success", "Token/Success"}
	answered := strings.Fields("Create Create Denied Create Create Denied Denied Denied Create")
	for i := range answered {
		answered[i] = "MFA Challenge/" + answered[i]
	}
	var sprayed []*audit.Record
	for i := range 10 {
		member := fmt.Sprintf("Identity Provider Callback/Failure | upstream_user_id=user-%d", i)
		sprayed = append(sprayed, steps(t, time.Duration(i)*401*time.Second, fmt.Sprint("q", i), "Authentication Request/InProgress | upstream_user_id=", member, member)...)
	}
	for name, test := range map[string]struct {
		records []*audit.Record
		want    []detect.Rule
	}{
		"ten in half an hour of one attempt":                            {steps(t, 200*time.Second, "q", wrong...), []detect.Rule{detect.PasswordGuessing}},
		"ten in more than half an hour of one attempt":                  {steps(t, 201*time.Second, "q", wrong...), nil},
		"ten at once after an attempt that began long ago":              {append(steps(t, 29*time.Minute, "q", "Authentication Request/InProgress"), steps(t, time.Second, "p", wrong...)...), []detect.Rule{detect.PasswordGuessing}},
		"ten in days of one session of an older agent":                  {steps(t, 7*time.Hour, "q", old...), nil},
		"ten in minutes of one session of an older agent":               {steps(t, time.Minute, "q", old...), []detect.Rule{detect.PasswordGuessing}},
		"ten users in an hour and more, in attempts that began at once": {sprayed, nil},
		"six challenges of one attempt in ten minutes":                  {steps(t, 100*time.Second, "q", slices.Concat(asked, met)...), []detect.Rule{detect.MFAFatigue}},
		"six challenges of one attempt in more than ten minutes":        {steps(t, 121*time.Second, "q", slices.Concat(asked, met)...), nil},
		"nine challenges, and the last five in ten minutes":             {steps(t, 100*time.Second, "q", slices.Concat(asked, asked[:3], met)...), []detect.Rule{detect.MFAFatigue}},
		"four challenges that were denied while others were made":       {steps(t, time.Second, "q", slices.Concat(answered, met)...), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := worldOf(test.records)
			var got []detect.Rule
			for _, d := range w.detect(t, w.everything()) {
				got = append(got, d.Rule)
				if d.Last.Sub(d.First) > time.Hour || d.First.Before(noon) || strings.Contains(d.Text, "at once") {
					t.Errorf("from %s to %s: %s", d.First, d.Last, d.Text)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("found %v, want %v", got, test.want)
			}
		})
	}
}

func TestARecordThatOnlyTheTokenTiesIsAUseOfIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		steps    []string
		calls    []*audit.Record
		severity detect.Severity
		records  []string
	}{
		"from where the login came": {[]string{"Token/Success | token_id=k", "Refresh/Success | token_id=k request_id= source_ip=192.0.2.9"}, nil, "", nil},
		"from elsewhere": {[]string{"Token/Success | token_id=k", "Refresh/Success | token_id=k request_id= source_ip=203.0.113.9"},
			nil, detect.Medium, []string{"q-001"}},
		"and an API that is called from there": {[]string{"Token/Success | token_id=k", "Refresh/Success | token_id=k request_id= source_ip=203.0.113.9"},
			[]*audit.Record{call(t, "api-1", "k", "203.0.113.7", time.Hour)}, detect.High, []string{"q-001", "api-1"}},
		"what the attempt itself did from elsewhere": {[]string{"Token/Success | token_id=k", "Token/Success | token_id=k source_ip=203.0.113.9",
			"Refresh/Success | token_id=k request_id= source_ip=203.0.113.9"}, nil, "", nil},
		"by a session, with no token": {[]string{"Token/Success | token_id=k session=s", "Notice/Sent | session=s request_id= source_ip=203.0.113.9"}, nil, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := worldOf(append(steps(t, time.Minute, "q", test.steps...), test.calls...))
			found := w.detect(t, w.everything())
			if test.severity == "" {
				if len(found) > 0 {
					t.Errorf("found %s", found[0].Text)
				}
				return
			}
			if len(found) != 1 || found[0].Rule != detect.TokenFromForeignNetwork || found[0].Severity != test.severity {
				t.Fatalf("found %+v", found)
			}
			var records []string
			for _, r := range found[0].Records {
				records = append(records, r.UniqueID)
			}
			if !slices.Equal(records, test.records) {
				t.Errorf("the evidence is %q, want %q", records, test.records)
			}
		})
	}
}

// lookups notes how many records each look-up of flows reads.
type lookups struct {
	*world
	records []int
}

func (l *lookups) Lookup(ctx context.Context, lookup audit.Lookup) ([]audit.Page, error) {
	pages, err := l.world.Lookup(ctx, lookup)
	read := 0
	for _, page := range pages {
		for _, hit := range page.Hits {
			read += len(l.Flow(hit.Record).Records)
		}
	}
	l.records = append(l.records, read)
	return pages, err
}

func TestFlowsWithManyRecordsAreReadAFewAtATime(t *testing.T) {
	t.Parallel()
	var records []*audit.Record
	for i := range 5 {
		records = append(records, steps(t, time.Second, fmt.Sprint("q", i), slices.Repeat([]string{"Identity Provider Callback/Failure"}, 600)...)...)
	}
	flows := &lookups{world: worldOf(records)}
	report, err := detect.Detector{Flows: flows, Records: flows}.Detect(t.Context(), flows.everything())
	if err != nil || len(report.Detections) != 1 || report.Detections[0].Counts[0].Value != 3_000 {
		t.Fatalf("found %+v, %v", report.Detections, err)
	}
	if want := []int{1_800, 1_200}; !slices.Equal(flows.records, want) {
		t.Errorf("%v records were read at once, want %v", flows.records, want)
	}
}
