package insight_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/insight"
	"github.com/authtrail/authtrail/audit/query"
)

// november is the time of the sample.
func november() insight.QualityQuery {
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	return insight.QualityQuery{Scope: audit.AllOrgs(), From: from, To: from.AddDate(0, 1, 0)}
}

func readQuality(t *testing.T, flows fakeFlows, records []*audit.Record, q insight.QualityQuery) *insight.Quality {
	t.Helper()
	events := &counter{records: records}
	quality, err := insight.ReadQuality(t.Context(), flows, events, q)
	if err != nil {
		t.Fatal(err)
	}
	if events.trips > 4 {
		t.Errorf("%d round trips", events.trips)
	}
	return quality
}

// ids are the kinds of id in the order in which they are reported.
var ids = []struct {
	id    insight.CorrelationID
	field query.Field
}{
	{"REQUEST", query.RequestID}, {"TRACE", query.TraceID}, {"TOKEN", query.TokenID}, {"SESSION", query.Session},
	{"USER", query.UserID}, {"UPSTREAM_USER", query.UpstreamUserID}, {"SOURCE_IP", query.SourceIP},
}

// naiveCoverage counts the ids of some records.
func naiveCoverage(records []*audit.Record) insight.Coverage {
	c := insight.Coverage{Records: len(records)}
	for _, id := range ids {
		having := 0
		for _, r := range records {
			if value, _ := r.Get(id.field); value != "" {
				having++
			}
		}
		one := insight.IDCoverage{ID: id.id, Records: having}
		if len(records) > 0 {
			one.Share = float64(having) / float64(len(records))
		}
		c.IDs = append(c.IDs, one)
	}
	return c
}

func TestCoverageOfTheSample(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]insight.QualityQuery{
		"all":             november(),
		"two orgs":        {Scope: audit.Orgs("org-001", "org-002"), From: november().From, To: november().To},
		"one application": {Scope: audit.AllOrgs(), Where: query.Exact{Field: query.ApplicationName, Values: []string{"Wiki"}}, From: november().From, To: november().To},
		"ten minutes":     {Scope: audit.AllOrgs(), From: november().From.Add(10 * time.Minute), To: november().From.Add(20 * time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all []*audit.Record
			byStage, byDay := map[string][]*audit.Record{}, map[time.Time][]*audit.Record{}
			for _, r := range sampleRecords() {
				app, _ := r.Get(query.ApplicationName)
				if r.Kind != audit.KindAuth || !q.Scope.Allows(r.Org) || q.Where != nil && app != "Wiki" || r.Time.Before(q.From) || !r.Time.Before(q.To) {
					continue
				}
				stage, _ := r.Get(query.EventName)
				all = append(all, r)
				byStage[stage] = append(byStage[stage], r)
				byDay[r.Time.Truncate(24*time.Hour)] = append(byDay[r.Time.Truncate(24*time.Hour)], r)
			}
			got := readQuality(t, sampleFlows(), sampleRecords(), q)
			if want := naiveCoverage(all); !reflect.DeepEqual(got.Coverage, want) || want.Records == 0 {
				t.Errorf("\n got %+v\nwant %+v", got.Coverage, want)
			}
			if began := flowsBegun(q); got.Flows != began && q.Where == nil {
				t.Errorf("%d flows, want %d", got.Flows, began)
			}
			var stages []insight.StageCoverage
			for _, name := range inPipeline {
				if records := byStage[name]; records != nil {
					stages = append(stages, insight.StageCoverage{EventName: name, Coverage: naiveCoverage(records)})
				}
			}
			if !reflect.DeepEqual(got.Stages, stages) || got.StagesLeftOut {
				t.Errorf("\n got %+v\nwant %+v", got.Stages, stages)
			}
			var days []insight.DayCoverage
			for _, day := range slices.SortedFunc(maps.Keys(byDay), time.Time.Compare) {
				days = append(days, insight.DayCoverage{Day: day, Coverage: naiveCoverage(byDay[day])})
			}
			if !reflect.DeepEqual(got.Days, days) {
				t.Errorf("\n got %+v\nwant %+v", got.Days, days)
			}
		})
	}
}

// flowsBegun counts the flows of the sample that began in the time of a query.
func flowsBegun(q insight.QualityQuery) (n int) {
	for _, f := range sampleFlows() {
		if q.Scope.Allows(f.Org) && !f.StartedAt.Before(q.From) && f.StartedAt.Before(q.To) {
			n++
		}
	}
	return n
}

// event decodes an auth event of a day in November.
func event(t *testing.T, n, day int, members string) *audit.Record {
	t.Helper()
	text := fmt.Appendf(nil, `{"unique_id":"r%d","create_time":"2026-11-%02dT12:00:00Z","event":{"subsystem":"auth","org_id":"o",%s}}`, n, day, members)
	r, err := audit.DecodeEvent(text, "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStagesAreThoseOfEventNamesOrElseOfDeprecatedStages(t *testing.T) {
	t.Parallel()
	var records []*audit.Record
	for i, members := range []string{
		`"event_name":"Token","token_id":"t"`,
		`"event_name":"Token","stage":"Login"`,
		`"stage":"Token","event":"Success","user_id":"u"`,
		`"event_name":"","stage":"Login","trace_id":""`,
		`"result":"Failure","session":"s"`,
		`"event_name":"Zebra"`, `"event_name":"Zebra"`, `"event_name":"Aardvark"`, `"event_name":"Yak"`,
	} {
		records = append(records, event(t, i, 1+i%3*2, members))
	}
	got := readQuality(t, nil, records, november())
	having := func(c insight.Coverage) string {
		var text string
		for _, id := range c.IDs {
			if id.Records > 0 {
				text += fmt.Sprintf(" %s %d (%.2f)", id.ID, id.Records, id.Share)
			}
		}
		return fmt.Sprint(c.Records, text)
	}
	var stages, days []string
	for _, s := range got.Stages {
		stages = append(stages, s.EventName+": "+having(s.Coverage))
	}
	for _, d := range got.Days {
		days = append(days, d.Day.Format("2 Jan")+": "+having(d.Coverage))
	}
	wantStages := []string{"Token: 3 TOKEN 1 (0.33) USER 1 (0.33)", "Login: 1", "Zebra: 2", ": 1 SESSION 1 (1.00)", "Aardvark: 1", "Yak: 1"}
	if !slices.Equal(stages, wantStages) {
		t.Errorf("\n got %q\nwant %q", stages, wantStages)
	}
	wantDays := []string{"1 Nov: 3 TOKEN 1 (0.33)", "2 Nov: 0", "3 Nov: 3 SESSION 1 (0.33)", "4 Nov: 0", "5 Nov: 3 USER 1 (0.33)"}
	if !slices.Equal(days, wantDays) {
		t.Errorf("\n got %q\nwant %q", days, wantDays)
	}
}

func TestAnEmptyEventNameIsNone(t *testing.T) {
	t.Parallel()
	got := readQuality(t, nil, []*audit.Record{event(t, 1, 1, `"event_name":"","stage":"Login"`)}, november())
	if len(got.Stages) != 1 || got.Stages[0].EventName != "Login" || got.Stages[0].Records != 1 {
		t.Errorf("%+v", got.Stages)
	}
}

func TestOfTooManyStagesTheMostFrequentAreListed(t *testing.T) {
	t.Parallel()
	records := []*audit.Record{event(t, 1_000, 1, `"event_name":"n 150","user_id":"u"`)}
	for i := range 200 {
		records = append(records, event(t, i, 1, fmt.Sprintf(`"event_name":"n %03d"`, i)))
	}
	got := readQuality(t, nil, records, november())
	if len(got.Stages) != insight.MaxSteps || !got.StagesLeftOut || got.Records != 201 {
		t.Fatalf("%d stages of %d records, more: %v", len(got.Stages), got.Records, got.StagesLeftOut)
	}
	if first := got.Stages[0]; first.EventName != "n 150" || first.Records != 2 || first.IDs[4].Records != 1 {
		t.Errorf("%+v", first)
	}
}

func TestNothingHasNoCoverage(t *testing.T) {
	t.Parallel()
	got := readQuality(t, nil, nil, november())
	want := &insight.Quality{From: november().From, To: november().To, Coverage: naiveCoverage(nil)}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

func TestTimesThatAreRefused(t *testing.T) {
	t.Parallel()
	q := november()
	for name, change := range map[string]func(*insight.QualityQuery){
		"no beginning": func(q *insight.QualityQuery) { q.From = time.Time{} },
		"no end":       func(q *insight.QualityQuery) { q.To = time.Time{} },
		"backwards":    func(q *insight.QualityQuery) { q.From, q.To = q.To, q.From },
		"empty":        func(q *insight.QualityQuery) { q.To = q.From },
		"too long":     func(q *insight.QualityQuery) { q.To = q.From.Add(insight.MaxQualityTime + 1) },
	} {
		changed := q
		change(&changed)
		_, err := insight.ReadQuality(t.Context(), fakeFlows{}, &counter{}, changed)
		if known := audit.AsError(err); known == nil || known.Code != audit.BadUserInput || known.Field != "time" {
			t.Errorf("%s: %v", name, err)
		}
	}
	q.Scope = audit.Scope{}
	if _, err := insight.ReadQuality(t.Context(), fakeFlows{}, &counter{}, q); audit.AsError(err) == nil {
		t.Error("a query without a scope was answered")
	}
}

func TestQualityFailsAsCountingDoes(t *testing.T) {
	t.Parallel()
	_, err := insight.ReadQuality(t.Context(), fakeFlows{}, &counter{err: &audit.Error{Code: audit.Unavailable}}, november())
	if audit.AsError(err).Code != audit.Unavailable {
		t.Errorf("%v", err)
	}
}
