package graph_test

import (
	"testing"
)

type coverage struct {
	Records int
	IDs     []struct {
		ID      string
		Records int
	}
}

type quality struct {
	coverage
	Flows  int
	Stages []struct {
		EventName string
		coverage
	}
	Days    []coverage
	Orphans struct {
		Flows, Records int
		By             []struct {
			Via     string
			Flows   int
			Example struct{ RequestID *string }
		}
	}
}

type total struct{ TotalCount int }

func TestQualityCountsWhatListsCount(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	var data struct {
		CorrelationQuality                                quality
		Records, Flows, Alone, Requests, Sessions, Policy total
	}
	a.ask(t, `{ correlationQuality { records flows ids { id records } stages { eventName records } days { records ids { id } }
	  orphans { flows records by { via flows example { requestId } } } }
	  records: authAudits { totalCount } flows: loginFlows { totalCount } alone: loginFlows(filter: {missing: [REQUEST]}) { totalCount }
	  requests: authAudits(filter: {requestId: {exists: true}}) { totalCount } sessions: authAudits(filter: {session: {exists: true}}) { totalCount }
	  policy: authAudits(filter: {eventName: {eq: "Policy Evaluation"}}) { totalCount } }`, nil, &data)
	got := data.CorrelationQuality
	if got.Records != data.Records.TotalCount || got.Flows != data.Flows.TotalCount || got.Orphans.Flows != data.Alone.TotalCount {
		t.Errorf("%d records, %d flows, %d orphans; the lists have %+v", got.Records, got.Flows, got.Orphans.Flows, data)
	}
	for _, id := range got.IDs {
		if want := map[string]int{"REQUEST": data.Requests.TotalCount, "SESSION": data.Sessions.TotalCount}[id.ID]; want != 0 && id.Records != want {
			t.Errorf("%d records have %s, want %d", id.Records, id.ID, want)
		}
	}
	for _, stage := range got.Stages {
		if stage.EventName == "Policy Evaluation" && stage.Records != data.Policy.TotalCount {
			t.Errorf("%d records at %s, want %d", stage.Records, stage.EventName, data.Policy.TotalCount)
		}
	}
	for _, by := range got.Orphans.By {
		if by.Example.RequestID != nil {
			t.Errorf("an orphan has the request id %s", *by.Example.RequestID)
		}
	}
}

func TestQualityIsOfATime(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	var data struct{ CorrelationQuality quality }
	a.ask(t, `{ correlationQuality(time: {lt: "2026-10-01", gte: "2026-09-01"}) { records flows } }`, nil, &data)
	if data.CorrelationQuality.Records != 0 || data.CorrelationQuality.Flows != 0 {
		t.Errorf("before the sample there are %+v", data.CorrelationQuality)
	}
	if err := a.refused(t, `{ correlationQuality(time: {gte: "2020-01-01"}) { records } }`, nil); err.Extensions["code"] != "BAD_USER_INPUT" || err.Extensions["field"] != "time" {
		t.Errorf("got %q %v", err.Message, err.Extensions)
	}
}
