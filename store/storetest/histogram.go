package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

const day = 24 * time.Hour

func histogramGroup() group {
	return group{name: "histograms", records: spread, checks: []check{
		{"every interval, gaps filled", checkHistograms},
		{"the finest interval that fits", checkFinestInterval},
		{"several at once, in order", checkManyHistograms},
		{"histograms that are refused", checkRefusedHistograms},
	}}
}

// spread are records at the edges of minutes, hours and days, with gaps between
// them, around 1970, and far off.
func spread() []*audit.Record {
	var records []*audit.Record
	add := func(user string, at time.Time) {
		n := len(records)
		members := fmt.Sprintf(`"event_name":"Token","result":"r-%d","user_id":%q`, n*n%4, user)
		records = append(records, eventOf(fmt.Sprintf("org-%d", n%2), fmt.Sprintf("h-%d", n), at, members))
	}
	for _, edge := range []time.Duration{0, time.Minute, 3 * time.Minute, time.Hour, 5 * time.Hour, day, 3 * day} {
		for _, offset := range []time.Duration{-1, 0, 1, time.Second} {
			add("near", epoch.Add(edge+offset))
			add("near", epoch.Add(edge+offset))
		}
	}
	for _, minutes := range []int{0, 100, 199} {
		add("200 minutes", epoch.Add(time.Duration(minutes)*time.Minute))
	}
	for _, minutes := range []int{0, 200} {
		add("201 minutes", epoch.Add(time.Duration(minutes)*time.Minute))
	}
	for _, hours := range []int{0, 199} {
		add("200 hours", epoch.Add(time.Duration(hours)*time.Hour))
	}
	for _, hours := range []int{0, 200} {
		add("201 hours", epoch.Add(time.Duration(hours)*time.Hour))
	}
	add("10,000 minutes", epoch)
	add("10,000 minutes", epoch.Add(9_999*time.Minute+time.Minute-1))
	add("10,001 minutes", epoch)
	add("10,001 minutes", epoch.Add(10_000*time.Minute))
	add("ever", firstTime)
	add("ever", lastTime)
	add("old", firstTime.Add(1))
	add("old", firstTime.Add(time.Hour-1))
	add("old", time.Date(1973, 2, 28, 23, 59, 59, 0, time.UTC))
	return records
}

// checkHistogram compares one histogram with the oracle.
func checkHistogram(t testing.TB, s *subject, r audit.HistogramRequest) {
	t.Helper()
	got, err := s.Histograms(context.Background(), []audit.HistogramRequest{r})
	want, fits := s.Histogram(r)
	what := fmt.Sprintf("histogram by %v and %q, of %s", r.Interval, r.By, describeQuery(r.Query))
	switch {
	case !fits:
		expectCode(t, what, err, audit.BadUserInput)
		return
	case err != nil || len(got) != 1:
		t.Errorf("%s: %d answers, %v", what, len(got), err)
		return
	}
	for i := range max(len(want), len(got[0])) {
		if i >= len(want) || i >= len(got[0]) || !sameBucket(got[0][i], want[i]) {
			t.Errorf("%s: %d buckets, want %d; they differ from the %dth:\n\tgot  %+v\n\twant %+v", what, len(got[0]), len(want), i,
				got[0][i:min(i+2, len(got[0]))], want[i:min(i+2, len(want))])
			return
		}
	}
}

func sameBucket(a, b audit.Bucket) bool {
	return a.Start.Equal(b.Start) && a.Start.Location() == time.UTC && a.Count == b.Count && slices.Equal(a.Values, b.Values)
}

func ofUser(user string) audit.Query { return where(exact(query.UserID, user)) }

func checkHistograms(t testing.TB, s *subject) {
	for _, q := range []audit.Query{ofUser("near"), ofUser("200 minutes"), ofUser("old"), {Scope: audit.Orgs("org-1"), Where: ofUser("near").Where},
		where(query.None{}), where(query.TimeRange{From: epoch.Add(time.Minute), To: epoch.Add(day)}), ofUser("10,000 minutes"),
		ofUser("10,001 minutes"), ofUser("ever"), everything} {
		for _, interval := range []time.Duration{time.Minute, time.Hour, day, 0} {
			checkHistogram(t, s, audit.HistogramRequest{Query: q, Interval: interval})
		}
	}
	for _, size := range []int{1, 2, 500} {
		checkHistogram(t, s, audit.HistogramRequest{Query: ofUser("near"), Interval: time.Hour, By: query.Result, Size: size})
		checkHistogram(t, s, audit.HistogramRequest{Query: ofUser("near"), Interval: day, By: query.OrgID, Size: size})
	}
	checkHistogram(t, s, audit.HistogramRequest{Query: ofUser("near"), Interval: time.Hour, By: query.Session, Size: 5})
}

func checkFinestInterval(t testing.TB, s *subject) {
	for user, want := range map[string]int{"200 minutes": 200, "201 minutes": 4, "200 hours": 200, "201 hours": 9} {
		r := audit.HistogramRequest{Query: ofUser(user)}
		if buckets, _ := s.Histogram(r); len(buckets) != want {
			t.Errorf("the check is wrong: %s has %d buckets, want %d", user, len(buckets), want)
		}
		checkHistogram(t, s, r)
	}
}

func checkManyHistograms(t testing.TB, s *subject) {
	requests := []audit.HistogramRequest{{Query: ofUser("200 minutes"), Interval: time.Hour}, {Query: where(query.None{})}, {Query: ofUser("201 hours")}}
	got, err := s.Histograms(context.Background(), requests)
	if err != nil || len(got) != len(requests) {
		t.Fatalf("%d histograms: %d answers, %v", len(requests), len(got), err)
	}
	for i, r := range requests {
		if want, _ := s.Histogram(r); !slices.EqualFunc(got[i], want, sameBucket) {
			t.Errorf("histogram %d: %v, want %v", i, got[i], want)
		}
	}
}

func checkRefusedHistograms(t testing.TB, s *subject) {
	near := ofUser("near")
	for _, r := range []audit.HistogramRequest{{Query: near, Interval: time.Second}, {Query: near, Interval: -time.Hour}, {Query: near, Interval: 7 * day},
		{Query: near, By: query.Result}, {Query: near, By: query.Result, Size: audit.MaxFacetSize + 1}, {Query: near, By: "no_such_field", Size: 1}} {
		_, err := s.Histograms(context.Background(), []audit.HistogramRequest{r})
		expectCode(t, fmt.Sprintf("histogram by %v and %q (%d)", r.Interval, r.By, r.Size), err, audit.BadUserInput)
	}
}
