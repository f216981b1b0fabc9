package insight_test

import (
	"cmp"
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
)

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
