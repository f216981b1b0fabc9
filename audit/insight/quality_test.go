package insight_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/insight"
	"github.com/authtrail/authtrail/audit/query"
)

// counter counts records in memory, and the round trips that it is asked for.
type counter struct {
	records []*audit.Record
	trips   int
	err     error
}

func (c *counter) matching(q audit.Query) []*audit.Record {
	return slices.DeleteFunc(slices.Clone(c.records), func(r *audit.Record) bool {
		return !q.Scope.Allows(r.Org) || !slices.Contains(q.Kinds, r.Kind) || !query.Match(q.Where, r.Document())
	})
}

func (c *counter) Count(_ context.Context, queries []audit.Query) ([]int, error) {
	c.trips++
	counts := make([]int, len(queries))
	for i, q := range queries {
		counts[i] = len(c.matching(q))
	}
	return counts, c.err
}

func (c *counter) Facets(_ context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	c.trips++
	facets := make([][]audit.ValueCount, len(requests))
	for i, request := range requests {
		if err := request.Validate(); err != nil {
			return nil, err
		}
		counts := map[string]int{}
		for _, r := range c.matching(request.Query) {
			for _, value := range r.Values(request.Field) {
				counts[value]++
			}
		}
		for value, n := range counts {
			facets[i] = append(facets[i], audit.ValueCount{Value: value, Count: n})
		}
		slices.SortFunc(facets[i], func(a, b audit.ValueCount) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value)) })
		facets[i] = facets[i][:min(request.Size, len(facets[i]))]
	}
	return facets, c.err
}

func (c *counter) Histograms(_ context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	c.trips++
	all := make([][]audit.Bucket, len(requests))
	for i, request := range requests {
		if err := request.Validate(); err != nil {
			return nil, err
		}
		records := c.matching(request.Query)
		slices.SortFunc(records, func(a, b *audit.Record) int { return a.Time.Compare(b.Time) })
		for _, r := range records {
			for n := len(all[i]); n == 0 || all[i][n-1].Start.Before(r.Time.Truncate(request.Interval)); n++ {
				start := r.Time.Truncate(request.Interval)
				if n > 0 {
					start = all[i][n-1].Start.Add(request.Interval)
				}
				all[i] = append(all[i], audit.Bucket{Start: start})
			}
			all[i][len(all[i])-1].Count++
		}
	}
	return all, c.err
}

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

func TestOrphansAndConflictsOfTheSample(t *testing.T) {
	t.Parallel()
	all := slices.Concat(sampleFlows(), flowsOf(stray(t)))
	got := readQuality(t, all, nil, november())
	var orphans insight.Orphans
	for _, via := range []audit.LinkVia{audit.ViaTrace, audit.ViaSession, audit.ViaRecord} {
		var alone []*audit.Flow
		records := 0
		for _, f := range all {
			if f.RequestID == "" && f.Links[0].Via == via {
				alone = append(alone, f)
				records += len(f.Records)
			}
		}
		orphans.Flows += len(alone)
		orphans.Records += records
		example := got.Orphans.By[len(orphans.By)].Example
		orphans.By = append(orphans.By, insight.OrphanCount{Via: via, Flows: len(alone), Records: records, Example: example})
		if example.ID != newest(alone).ID {
			t.Errorf("via %s the example is %s, not the newest", via, example.ID)
		}
	}
	if !reflect.DeepEqual(got.Orphans, orphans) || got.Flows != len(all) {
		t.Errorf("\n got %+v\nwant %+v", got.Orphans, orphans)
	}
	checkConflicts(t, got.Conflicts, all)
}

// stray are records that nothing ties to an attempt, and some with ids that are not followed.
func stray(t *testing.T) []*audit.Record {
	t.Helper()
	var records []*audit.Record
	for i, members := range []string{
		`"trace_id":"t1"`, `"trace_id":"t1"`, `"trace_id":"t2"`, `"session":"s1"`, `"session":"s1"`, `"session":"s1"`, `"result":"x"`, `"result":"y"`,
		`"trace_id":"mixed","user_id":"a"`, `"trace_id":"mixed","user_id":"b"`,
		`"trace_id":"shared","request_id":"q1"`, `"trace_id":"shared","request_id":"q2"`, `"trace_id":"shared","request_id":"q3","user_id":"c"`,
		`"trace_id":"shared2","request_id":"q1","token_id":"k"`, `"trace_id":"shared2","request_id":"q2","token_id":"k","user_id":"d"`,
	} {
		records = append(records, event(t, i, 1+i%4, members))
	}
	return records
}

// checkConflicts compares conflicts with those that the flows report.
func checkConflicts(t *testing.T, got []insight.ConflictCount, all []*audit.Flow) {
	t.Helper()
	reporting, values := map[[2]string]map[string]*audit.Flow{}, map[[2]string]map[string]bool{}
	for _, f := range all {
		for _, c := range f.Conflicts {
			key := [2]string{c.Key, c.Reason}
			if reporting[key] == nil {
				reporting[key], values[key] = map[string]*audit.Flow{}, map[string]bool{}
			}
			reporting[key][f.ID], values[key][c.Value] = f, true
		}
	}
	if len(got) != len(reporting) || len(got) < 3 {
		t.Fatalf("%d kinds of conflict, want %d", len(got), len(reporting))
	}
	for i, c := range got {
		key := [2]string{c.Key, c.Reason}
		if c.Flows != len(reporting[key]) || c.Values != len(values[key]) {
			t.Errorf("%v: %d flows, %d values; want %d, %d", key, c.Flows, c.Values, len(reporting[key]), len(values[key]))
		}
		example := newest(slices.Collect(maps.Values(reporting[key])))
		first := slices.IndexFunc(example.Conflicts, func(other audit.FlowConflict) bool { return other.Key == c.Key && other.Reason == c.Reason })
		if c.Example.ID != example.ID || c.ExampleValue != example.Conflicts[first].Value {
			t.Errorf("%v: the example is %s with %s", key, c.Example.ID, c.ExampleValue)
		}
		if i > 0 && cmp.Or(got[i-1].Flows-c.Flows, strings.Compare(c.Key+c.Reason, got[i-1].Key+got[i-1].Reason)) < 0 {
			t.Errorf("%v comes too late", key)
		}
	}
}

func TestClockSkewIsOfLaterStepsThatAreReachedEarlier(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		stages []string
		want   time.Duration
	}{
		{"in order", []string{"0s Authentication Request / InProgress", "1s Policy Evaluation / Success", "2s Authentication Request / CodeIssued", "3s Token / Success"}, 0},
		{"at the same time", []string{"0s Token / Success", "0s Policy Evaluation / Success"}, 0},
		{"back after a failure", []string{"0s Identity Provider Callback / Failure", "1s Policy Evaluation / Denied", "9s Identity Provider Callback / Success"}, 0},
		{"a token before its code", []string{"0s Policy Evaluation / Success", "1s Token / Success", "3s Authentication Request / CodeIssued"}, 2 * time.Second},
		{"the largest counts", []string{"0s Token / Success", "1s MFA Challenge / Create", "4s Policy Evaluation / DoMfa", "5s Identity Provider Callback / Success"}, 5 * time.Second},
		{"the largest counts, wherever it is", []string{"0s Policy Evaluation / Success", "4s Token / Success", "5s Identity Provider Callback / Success"}, 5 * time.Second},
		{"the first of each counts", []string{"0s Token / Success", "1s Policy Evaluation / Success", "7s Token / Success", "9s Policy Evaluation / Success"}, time.Second},
		{"unknown steps do not", []string{"0s Token / Success", "1s Risk Score / Success"}, 0},
		{"nothing known", []string{"0s  / "}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := readQuality(t, fakeFlows{attempt(t, "a", audit.Succeeded, test.stages...)}, nil, november()).ClockSkew
			if test.want == 0 {
				if got != (insight.ClockSkew{}) {
					t.Errorf("%+v", got)
				}
				return
			}
			if got.Flows != 1 || got.Share != 1 || *got.By != (insight.Spread{Count: 1, P50: test.want, P95: test.want, Max: test.want}) || got.Example.ID != "a" {
				t.Errorf("%+v %+v, want %s", got, got.By, test.want)
			}
		})
	}
}

func TestClockSkewOfManyFlows(t *testing.T) {
	t.Parallel()
	var flows []*audit.Flow
	for i := range 30 {
		flows = append(flows, attempt(t, fmt.Sprintf("%02d", i), audit.Succeeded, "0s Token / Success", fmt.Sprintf("%ds Policy Evaluation / Success", i%15)))
	}
	// 28 are skewed: two by each of 1 to 14 s.
	want := insight.Spread{Count: 28, P50: 7 * time.Second, P95: 14 * time.Second, Max: 14 * time.Second}
	random := rand.New(rand.NewPCG(7, 8))
	for range 5 {
		random.Shuffle(len(flows), func(i, j int) { flows[i], flows[j] = flows[j], flows[i] })
		got := readQuality(t, flows, nil, november()).ClockSkew
		if got.Flows != 28 || got.Share != 28.0/30 || *got.By != want || got.Example.ID != "14" {
			t.Fatalf("%+v %+v", got, *got.By)
		}
	}
}

func TestQualityFailsAsCountingDoes(t *testing.T) {
	t.Parallel()
	_, err := insight.ReadQuality(t.Context(), fakeFlows{}, &counter{err: &audit.Error{Code: audit.Unavailable}}, november())
	if audit.AsError(err).Code != audit.Unavailable {
		t.Errorf("%v", err)
	}
}
