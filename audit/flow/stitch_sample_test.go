package flow_test

import (
	"slices"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
)

func TestStitchingTheSampleFindsTheTruth(t *testing.T) {
	t.Parallel()
	records, err := sampleRecords()
	if err != nil {
		t.Fatal(err)
	}
	flows := map[audit.Key]*flow.Stitched{}
	var alone, tied int
	for _, s := range flow.StitchAll(records, flow.Rules{Idle: idle}) {
		if s.RequestID() == "" {
			alone++
			continue
		}
		flows[audit.Key{Org: s.Org, UniqueID: s.RequestID()}] = s
		for _, link := range s.Links {
			if link.Via != audit.ViaRequest {
				tied++
			}
		}
	}
	var placed, all, outcomes, stages, times int
	truths := sampleTruth(t)
	for _, want := range truths {
		all += len(want.Records)
		s := flows[audit.Key{Org: want.Org, UniqueID: want.RequestID}]
		if s == nil {
			t.Errorf("%s has no flow", want.RequestID)
			continue
		}
		f := s.Flow(afterSample, idle)
		for _, id := range ids(f.Records) {
			if slices.Contains(want.Records, id) {
				placed++
			} else {
				t.Errorf("%s holds %s of another attempt", want.RequestID, id)
			}
		}
		outcomes += one(string(f.Outcome) == want.Outcome)
		stages += one(f.LastStage == want.LastStage)
		times += one(f.StartedAt.Equal(asSent(want.Started)) && f.EndedAt.Equal(asSent(want.Ended)))
		if len(f.Conflicts) > 0 {
			t.Errorf("%s: %v", want.RequestID, f.Conflicts)
		}
	}
	n := len(truths)
	t.Logf("of %d attempts: %d flows, records %d of %d in the right one (%d of them without a request_id), outcomes %d, last stages %d, times %d; %d flows stand alone",
		n, len(flows), placed, all, tied, outcomes, stages, times, alone)
	if len(flows) != n || placed != all || tied != 61 || outcomes != n || stages != n || times != n || alone != 0 {
		t.Error("the truth is not found")
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func BenchmarkStitchAll(b *testing.B) {
	records, err := sampleRecords()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		flow.StitchAll(records, flow.Rules{Idle: idle})
	}
	b.ReportMetric(float64(len(records)*b.N)/b.Elapsed().Seconds(), "records/s")
}
