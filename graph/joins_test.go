package graph_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

const deniedTab = `query($first: Int) { authAudits(search: "denied \"water scada\"", first: $first) {
  totalCount
  nodes { time eventName result
    loginFlow { requestId outcome verdict { text clauses { text records { uniqueId } } } stages { eventName records { uniqueId } }
      sessionView { sessionId } traces { nodes { traceId records { nodes { uniqueId } } } } }
    trace { traceId records(first: 20) { totalCount nodes { time eventName result } } } }
  pageInfo { hasNextPage endCursor } } }`

const tokenTab = `query($first: Int) { authAudits(search: "event_name:Token", first: $first) {
  nodes { userId
    sessionView { sessionId startedAt endedAt tokenIds
      attempts { totalCount nodes { requestId outcome records { uniqueId trace { traceId } } } }
      records { totalCount facets(fields: [RESULT]) { values { count } } histogram { count } nodes { uniqueId } }
      audits(first: 20) { nodes { action trace { traceId records { nodes { uniqueId } } } } } } } } }`

const nestedTab = `query($first: Int) { authAudits(search: "event_name:\"Policy Evaluation\"", first: $first) {
  nodes { sessionView { attempts { totalCount nodes { requestId
    sessionView { sessionId
      attempts { nodes { requestId records { uniqueId } traces { totalCount nodes { traceId } } } }
      events { totalCount nodes { uniqueId sessionView { sessionId } } }
      audits { totalCount nodes { uniqueId sessionView { sessionId audits(first: 3) { totalCount nodes { uniqueId } } } } } } } } } } } }`

const tracesTab = `query($first: Int) { loginFlows(first: $first) {
  nodes { requestId traces(first: 5) { totalCount nodes { traceId
    records(first: 5) { totalCount facets(fields: [RESULT]) { values { value count } } histogram { count }
      nodes { uniqueId ... on AuthAudit { loginFlow { requestId traces { nodes { traceId } } } } } } } } } } }`

func TestRoundTripsDoNotGrowWithThePage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		document string
		most     int
	}{
		"why was access denied":        {deniedTab, 6},
		"what did the session do next": {tokenTab, 12},
		"joins of joins of joins":      {nestedTab, 8},
		"traces of flows":              {tracesTab, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, append(sampleEvents(t), deniedAttempts(60)...)...)
			callsOf := func(first int) []string {
				var data map[string]struct{ Nodes []any }
				a.ask(t, test.document, variables{"first": first}, &data)
				if got := len(data["authAudits"].Nodes) + len(data["loginFlows"].Nodes); got != first {
					t.Fatalf("got %d rows, want %d", got, first)
				}
				calls := a.taken()
				slices.Sort(calls)
				return calls
			}
			few, many := callsOf(5), callsOf(50)
			if len(many) > len(few) {
				t.Errorf("a page of 5 took %d calls, a page of 50 took %d:\n%q\n%q", len(few), len(many), few, many)
			}
			if len(many) > test.most {
				t.Errorf("%d calls, want at most %d: %q", len(many), test.most, many)
			}
		})
	}
}

// deniedAttempts are attempts that were denied access to Water SCADA.
func deniedAttempts(n int) []string {
	var events []string
	for i := range n {
		for step, end := range []string{`"event_name":"Authentication Request","result":"InProgress"`,
			`"event_name":"Policy Evaluation","result":"Denied","session":"s-%[1]d"`} {
			events = append(events, fmt.Sprintf(`{"unique_id":"denied-%[1]d-%[2]d","create_time":"2026-11-02T00:00:0%[2]dZ","event":{`+end+
				`,"application_name":"Water SCADA","org_id":"org-001","request_id":"r-%[1]d","trace_id":"t-%[1]d-%[2]d"}}`, i, step))
		}
	}
	return events
}

func TestJoinsLeadFromARecordToItsFlowSessionAndTrace(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	var data struct {
		AuthAudits struct {
			Nodes []struct {
				RequestID, Session, TraceID *string
				UniqueID                    string
				LoginFlow                   *struct {
					RequestID *string
					Records   []struct{ UniqueID string }
				}
				SessionView *struct {
					SessionID string
					Records   struct{ Nodes []struct{ Session string } }
				}
				Trace *struct {
					TraceID string
					Records struct{ Nodes []struct{ TraceID string } }
				}
			}
		}
	}
	a.ask(t, `{ authAudits(first: 500) { nodes { uniqueId requestId session traceId loginFlow { requestId records { uniqueId } }
	  sessionView { sessionId records(first: 5) { nodes { session } } } trace { traceId records(first: 5) { nodes { traceId } } } } } }`,
		nil, &data)
	var without int
	for _, record := range data.AuthAudits.Nodes {
		if record.LoginFlow == nil || (record.Session == nil) != (record.SessionView == nil) ||
			(record.TraceID == nil) != (record.Trace == nil) {
			t.Fatalf("a join is there without its id, or the other way round: %+v", record)
		}
		if record.RequestID != nil && *record.RequestID != *record.LoginFlow.RequestID {
			t.Fatalf("request %s leads to the flow of %s", *record.RequestID, *record.LoginFlow.RequestID)
		}
		if !slices.Contains(record.LoginFlow.Records, struct{ UniqueID string }{record.UniqueID}) {
			t.Fatalf("record %s leads to a flow without it", record.UniqueID)
		}
		if record.Session == nil {
			without++
			continue
		}
		for _, other := range record.SessionView.Records.Nodes {
			if other.Session != *record.Session || record.SessionView.SessionID != *record.Session {
				t.Fatalf("session %s has a record of session %s", *record.Session, other.Session)
			}
		}
		for _, other := range record.Trace.Records.Nodes {
			if other.TraceID != *record.TraceID {
				t.Fatalf("trace %s has a record of trace %s", *record.TraceID, other.TraceID)
			}
		}
	}
	if without == 0 || without == len(data.AuthAudits.Nodes) {
		t.Errorf("%d of %d records have no session; the sample has both kinds", without, len(data.AuthAudits.Nodes))
	}
}

func TestAttemptsOfASessionAreTheFlowsThatTheSessionFilterFinds(t *testing.T) {
	t.Parallel()
	a := sampleAPI(t)
	var found struct {
		AuthAudits struct {
			Facets []struct{ Values []struct{ Value string } }
		}
	}
	a.ask(t, `{ authAudits { facets(fields: [SESSION], size: 5) { values { value } } } }`, nil, &found)
	for _, session := range found.AuthAudits.Facets[0].Values {
		type flows struct {
			TotalCount int
			Nodes      []struct{ RequestID string }
			PageInfo   struct{ HasNextPage bool }
		}
		var data struct {
			Session    struct{ Attempts, First flows }
			LoginFlows flows
		}
		a.ask(t, `query($id: String!) {
		  session(id: $id) { attempts { ...flows } first: attempts(first: 1) { ...flows } }
		  loginFlows(filter: {session: {eq: $id}}, orderBy: {field: STARTED_AT, direction: ASC}) { ...flows } }
		  fragment flows on LoginFlowConnection { totalCount nodes { requestId } pageInfo { hasNextPage } }`,
			variables{"id": session.Value}, &data)
		if len(data.LoginFlows.Nodes) == 0 || !slices.Equal(data.Session.Attempts.Nodes, data.LoginFlows.Nodes) ||
			data.Session.Attempts.TotalCount != data.LoginFlows.TotalCount {
			t.Errorf("session %s: attempts %+v, flows %+v", session.Value, data.Session.Attempts, data.LoginFlows)
		}
		first := data.Session.First
		if len(first.Nodes) != 1 || first.PageInfo.HasNextPage != (data.LoginFlows.TotalCount > 1) {
			t.Errorf("session %s: a page of one is %+v", session.Value, first)
		}
	}
}

func TestTabsOfThePlaygroundAnswer(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../web/graphiql/src/tabs/*.graphql")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d tabs: %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "destination.graphql") || strings.HasSuffix(file, "destinations-work.graphql") {
			continue // which these stores have none of; the tests of the program ask
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			document, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			vars := variables{}
			if text, err := os.ReadFile(strings.TrimSuffix(file, ".graphql") + ".json"); err == nil {
				if err := json.Unmarshal(text, &vars); err != nil {
					t.Fatal(err)
				}
			}
			a := sampleAPI(t)
			next, ctx, errs := a.begin(t.Context(), audit.Everyone(), string(document), vars)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			if strings.Contains(string(document), "\nsubscription") {
				return // it waits for records that nobody sends here
			}
			if response := next(ctx); len(response.Errors) > 0 || strings.HasSuffix(string(response.Data), `{"nodes":[]}}`) {
				t.Errorf("errors %v, data %s", response.Errors, response.Data)
			}
		})
	}
}

func TestThePlaygroundFindsWhatItsTabsAskAbout(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../web/graphiql/src/examples.graphql")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]struct{ Nodes []map[string]any }{}
	sampleAPI(t).ask(t, string(document), nil, &found)
	for name, list := range found {
		if isDemos := name == "intruder"; (len(list.Nodes) > 0) == isDemos {
			t.Errorf("%s: %d in the sample", name, len(list.Nodes))
		}
	}
	newAPI(t).ask(t, string(document), nil, new(any))
}
