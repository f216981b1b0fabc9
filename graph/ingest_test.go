package graph_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

const bulk = `mutation($input: BulkAuditEventsInput!) { bulkAuditEvents(input: $input) {
  results { uniqueId status message } successCount duplicateCount userErrors { field message code } } }`

type payload struct {
	BulkAuditEvents struct {
		Results []struct {
			UniqueID, Status string
			Message          *string
		}
		SuccessCount, DuplicateCount int
		UserErrors                   []struct{ Field, Message, Code string }
	}
}

func TestEventsAreTakenInOneByOne(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	event := func(id string, event any) variables {
		return variables{"uniqueId": id, "createTime": "2026-11-01T00:00:00Z", "event": event}
	}
	token := variables{"event_name": "Token", "org_id": "o", "big": json.Number("123456789012345678901234567890"), "html": "<&>"}
	var got payload
	a.ask(t, bulk, variables{"input": variables{"events": []any{
		event("one", token), event("one", token), event("bad id!", token), event("no-object", []int{1}),
	}}}, &got)
	var statuses []string
	for _, result := range got.BulkAuditEvents.Results {
		statuses = append(statuses, result.UniqueID+" "+result.Status)
	}
	if want := "one SUCCESS, one DUPLICATE, invalid-2 INVALID, no-object INVALID"; strings.Join(statuses, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(statuses, ", "), want)
	}
	if p := got.BulkAuditEvents; p.SuccessCount != 1 || p.DuplicateCount != 1 || len(p.UserErrors) != 2 ||
		p.UserErrors[0].Field != "events.2.uniqueId" || p.UserErrors[0].Code != "BAD_USER_INPUT" || p.Results[0].Message != nil || p.Results[2].Message == nil {
		t.Errorf("got %+v", p)
	}
	var stored struct {
		AuthAudits struct {
			Nodes []struct{ Extra json.RawMessage }
		}
	}
	a.ask(t, `{ authAudits { nodes { extra } } }`, nil, &stored)
	if want := `{"big":123456789012345678901234567890,"html":"<&>"}`; string(stored.AuthAudits.Nodes[0].Extra) != want {
		t.Errorf("stored %s, want %s", stored.AuthAudits.Nodes[0].Extra, want)
	}
}

func TestAnEventAtFaultNamesItsMemberAsTheSchemaDoes(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, test := range []struct {
		event          variables
		field, message string
	}{
		{variables{"uniqueId": "no id", "createTime": "2026-11-01T00:00:00Z", "event": variables{}}, "uniqueId", "must be a string of letters"},
		{variables{"uniqueId": "a", "createTime": "soon", "event": variables{}}, "createTime", "must be an RFC 3339"},
		{variables{"uniqueId": "a", "createTime": "2026-11-01T00:00:00Z", "event": "none"}, "event", "must be a JSON object"},
		{variables{"uniqueId": "a", "createTime": "2026-11-01T00:00:00Z", "event": variables{"org_id": "theirs"}}, "event.org_id", `"theirs"`},
	} {
		var got payload
		a.askAs(t, audit.MemberOf("ann", "ours", audit.RoleEditor), bulk, variables{"input": variables{"events": []any{test.event}}}, &got)
		errs, message := got.BulkAuditEvents.UserErrors, *got.BulkAuditEvents.Results[0].Message
		if len(errs) != 1 || errs[0].Field != "events.0."+test.field || !strings.Contains(errs[0].Message, test.message) {
			t.Errorf("%v: got %+v, want the field events.0.%s and %q", test.event, errs, test.field, test.message)
		}
		if message != test.field+": "+errs[0].Message {
			t.Errorf("%v: the result says %q", test.event, message)
		}
	}
}

func TestAViewerSendsNothing(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	_, errs := a.tryAs(audit.MemberOf("ann", "o", audit.RoleViewer), bulk, variables{"input": variables{"events": []any{}}})
	if len(errs) != 1 || errs[0].Extensions["code"] != "FORBIDDEN" {
		t.Errorf("got %v", errs)
	}
}

func TestAnEventMayBeALiteral(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	var got payload
	a.ask(t, `mutation { bulkAuditEvents(input: {events: [{uniqueId: "a", createTime: "2026-11-01T00:00:00Z",
	  event: {event_name: "Token", n: 1, f: 1.5, list: [true, null, "x"]}}]}) { results { uniqueId status message } } }`, nil, &got)
	if got.BulkAuditEvents.Results[0].Status != "SUCCESS" {
		t.Fatalf("got %+v", got)
	}
	var stored struct {
		AuthAudits struct {
			Nodes []struct{ Extra json.RawMessage }
		}
	}
	a.ask(t, `{ authAudits { nodes { extra } } }`, nil, &stored)
	if want := `{"f":1.5,"list":[true,null,"x"],"n":1}`; string(stored.AuthAudits.Nodes[0].Extra) != want {
		t.Errorf("stored %s, want %s", stored.AuthAudits.Nodes[0].Extra, want)
	}
}
