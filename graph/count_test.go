package graph_test

import (
	"reflect"
	"testing"
	"time"
)

type counts struct {
	TotalCount int
	Facets     []struct {
		Field  string
		Values []valueCount
	}
	Histogram []struct {
		Start  time.Time
		Count  int
		Values []valueCount
	}
}

type valueCount struct {
	Value string
	Count int
}

func TestFacetsAndHistogramsCountTheWholeList(t *testing.T) {
	t.Parallel()
	a := newAPI(t, attempts...)
	var data struct {
		AuthAudits, LoginFlows, Minutes counts
		Session                         struct{ Records, Attempts counts }
	}
	a.ask(t, `{ authAudits(first: 1) { totalCount facets(fields: [EVENT_NAME, USER_ID], size: 2) { field values { value count } }
	  histogram(interval: HOUR, by: RESULT) { start count values { value count } } }
	  loginFlows(first: 1) { totalCount facets(fields: [OUTCOME, STAGE], size: 2) { field values { value count } }
	  histogram(interval: HOUR, by: OUTCOME) { start count values { value count } } }
	  minutes: loginFlows { histogram { start count } }
	  session(id: "s") { records { totalCount facets(fields: [RESULT]) { field values { value count } } histogram { start count } }
	  attempts { totalCount facets(fields: [OUTCOME]) { field values { value count } } } } }`, nil, &data)
	records := data.AuthAudits
	if records.TotalCount != 6 || len(records.Histogram) != 3 || records.Histogram[0].Count != 4 ||
		!records.Histogram[1].Start.Equal(time.Date(2026, 11, 8, 1, 0, 0, 0, time.UTC)) ||
		!reflect.DeepEqual(records.Histogram[0].Values[0], valueCount{"Success", 2}) {
		t.Errorf("records: %+v", records)
	}
	if want := []valueCount{{"Authentication Request", 2}, {"MFA Challenge", 2}}; !reflect.DeepEqual(records.Facets[0].Values, want) ||
		records.Facets[0].Field != "EVENT_NAME" {
		t.Errorf("facets of records: %+v", records.Facets)
	}
	flows := data.LoginFlows
	if flows.TotalCount != 3 || len(flows.Histogram) != 3 || flows.Histogram[1].Values[0] != (valueCount{"DENIED", 1}) {
		t.Errorf("flows: %+v", flows)
	}
	if want := []valueCount{{"ABANDONED", 1}, {"DENIED", 1}}; !reflect.DeepEqual(flows.Facets[0].Values, want) {
		t.Errorf("facets of flows: %+v", flows.Facets)
	}
	if want := []valueCount{{"Authentication Request", 2}, {"MFA Challenge", 1}}; !reflect.DeepEqual(flows.Facets[1].Values, want) ||
		flows.Facets[1].Field != "STAGE" {
		t.Errorf("facets of flows: %+v", flows.Facets)
	}
	if minutes := data.Minutes.Histogram; len(minutes) != 121 || minutes[0].Count+minutes[60].Count+minutes[120].Count != 3 {
		t.Errorf("two hours have %d minutes: %+v", len(minutes), minutes)
	}
	session := data.Session
	if session.Records.TotalCount != 1 || session.Attempts.TotalCount != 1 || len(session.Records.Histogram) != 1 ||
		session.Attempts.Facets[0].Values[0] != (valueCount{"SUCCEEDED", 1}) {
		t.Errorf("session: %+v", session)
	}
}

func TestAHistogramOfTooManyIntervalsIsRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t, attempts[0], `{"unique_id":"old","create_time":"2020-01-01T00:00:00Z","event":{"org_id":"o","event_name":"Token","request_id":"old"}}`)
	for _, list := range []string{"authAudits", "loginFlows"} {
		err := a.refused(t, `{ `+list+` { histogram(interval: MINUTE) { count } } }`, nil)
		if err.Extensions["code"] != "BAD_USER_INPUT" || err.Extensions["field"] != "interval" {
			t.Errorf("%s: %q %v", list, err.Message, err.Extensions)
		}
		var data map[string]struct{ Histogram []struct{ Count int } }
		a.ask(t, `{ `+list+` { histogram { count } } }`, nil, &data)
		if days := data[list].Histogram; len(days) != 2504 || days[0].Count != 1 || days[2503].Count != 1 {
			t.Errorf("%s: AUTO gives %d intervals", list, len(days))
		}
	}
}
