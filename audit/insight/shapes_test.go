package insight_test

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/insight"
)

func readShapes(t *testing.T, flows fakeFlows, limit int) *insight.Shapes {
	t.Helper()
	shapes, err := insight.ReadShapes(t.Context(), flows, everything(), limit)
	if err != nil {
		t.Fatal(err)
	}
	return shapes
}

func TestShapesOfTheSample(t *testing.T) {
	t.Parallel()
	all := sampleFlows()
	byShape := map[string][]*audit.Flow{}
	for _, f := range all {
		byShape[f.Shape] = append(byShape[f.Shape], f)
	}
	rareFirst := slices.SortedFunc(maps.Keys(byShape), func(a, b string) int {
		return cmp.Or(len(byShape[a])-len(byShape[b]), cmp.Compare(a, b))
	})
	for _, limit := range []int{1, 3, 500} {
		got := readShapes(t, all, limit)
		if got.Flows != len(all) || got.Total != len(byShape) || len(got.Shapes) != min(limit, len(byShape)) {
			t.Fatalf("%d of %d shapes of %d flows; want %d of %d", len(got.Shapes), got.Total, got.Flows, len(byShape), len(all))
		}
		for i, s := range got.Shapes {
			flows := byShape[rareFirst[i]]
			earliest := slices.MinFunc(flows, func(a, b *audit.Flow) int { return a.StartedAt.Compare(b.StartedAt) })
			latest := newest(flows)
			if s.Path != rareFirst[i] || s.Count != len(flows) || s.Share != float64(len(flows))/float64(len(all)) ||
				!s.FirstSeen.Equal(earliest.StartedAt) || !s.LastSeen.Equal(latest.StartedAt) ||
				listed(s.Outcomes) != outcomesOf(flows) || s.Example.ID != latest.ID {
				t.Errorf("shape %d of %d: %+v, want %q", i, limit, s, rareFirst[i])
			}
		}
	}
}

func TestShapesTieByPathAndExamplesByID(t *testing.T) {
	t.Parallel()
	flows := []*audit.Flow{
		{ID: "5", Shape: "common", StartedAt: began, Outcome: audit.Abandoned},
		{ID: "4", Shape: "common", StartedAt: began, Outcome: audit.InProgress},
		{ID: "3", Shape: "b", StartedAt: began.Add(time.Second), Outcome: audit.Denied},
		{ID: "2", Shape: "b", StartedAt: began, Outcome: audit.Denied},
		{ID: "1", Shape: "a", StartedAt: began, Outcome: audit.Failed},
		{ID: "0", Shape: "a", StartedAt: began, Outcome: audit.Failed},
	}
	shape := func(path, example string, last time.Time, outcomes ...insight.OutcomeCount) string {
		return path + " " + example + " " + last.String() + " " + listed(outcomes)
	}
	want := []string{
		shape("a", "0", began, insight.OutcomeCount{Outcome: audit.Failed, Count: 2}),
		shape("b", "3", began.Add(time.Second), insight.OutcomeCount{Outcome: audit.Denied, Count: 2}),
		shape("common", "4", began, insight.OutcomeCount{Outcome: audit.Abandoned, Count: 1}, insight.OutcomeCount{Outcome: audit.InProgress, Count: 1}),
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 10 {
		random.Shuffle(len(flows), func(i, j int) { flows[i], flows[j] = flows[j], flows[i] })
		var got []string
		for _, s := range readShapes(t, flows, 10).Shapes {
			got = append(got, shape(s.Path, s.Example.ID, s.LastSeen, s.Outcomes...))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("\n got %q\nwant %q", got, want)
		}
	}
}

func TestNoFlowsHaveNoShapes(t *testing.T) {
	t.Parallel()
	if got := readShapes(t, nil, 10); !reflect.DeepEqual(*got, insight.Shapes{Shapes: []insight.Shape{}}) {
		t.Errorf("%+v", got)
	}
}

func TestShapesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, first := range []int{-1, 0, 501} {
		_, err := insight.ReadShapes(t.Context(), fakeFlows{}, everything(), first)
		if known := audit.AsError(err); known.Code != audit.BadUserInput || known.Field != "first" {
			t.Errorf("%d: %v", first, err)
		}
	}
}

// scanner calls yield for one row, as often as it is told, and then fails.
type scanner struct {
	fakeFlows
	times int
	err   error
}

func (s scanner) Scan(_ context.Context, q audit.Query, yield func(*audit.Record) bool) error {
	rows := s.rows(q)
	for range s.times {
		if !yield(rows[0]) {
			return nil
		}
	}
	return s.err
}

func (s scanner) Flow(*audit.Record) *audit.Flow { return s.fakeFlows[0] }

func TestTooManyFlowsAreRefused(t *testing.T) {
	t.Parallel()
	one := fakeFlows{{ID: "a"}}
	_, err := insight.ReadShapes(t.Context(), scanner{fakeFlows: one, times: insight.MaxFlows}, everything(), 10)
	if err != nil {
		t.Errorf("as many as may be: %v", err)
	}
	_, err = insight.ReadShapes(t.Context(), scanner{fakeFlows: one, times: insight.MaxFlows + 1}, everything(), 10)
	if known := audit.AsError(err); known == nil || known.Code != audit.TooComplex {
		t.Errorf("one more: %v", err)
	}
}

func TestAnswersFailAsReadingDoes(t *testing.T) {
	t.Parallel()
	broken := scanner{fakeFlows: fakeFlows{{ID: "a"}}, times: 1, err: &audit.Error{Code: audit.Unavailable, Message: "gone"}}
	_, funnel := insight.ReadFunnel(t.Context(), broken, everything(), insight.Whole, 0)
	_, shapes := insight.ReadShapes(t.Context(), broken, everything(), 10)
	for _, err := range []error{funnel, shapes} {
		if !errors.Is(err, broken.err) {
			t.Errorf("%v", err)
		}
	}
}
