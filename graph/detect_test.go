package graph_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

type detections struct {
	Nodes []struct {
		ID, Rule, Severity, OrgID, Text string
		FlowCount                       int
		Flows                           []struct{ OrgID string }
		Records                         []struct{ UniqueID string }
		Counts                          []struct {
			Name      string
			Value     int
			Threshold *int
		}
	}
	FlowsRead int
	Truncated bool
	Gaps      []string
}

const detect = `query($filter: DetectionFilter, $first: Int) { detections(filter: $filter, first: $first) { flowsRead truncated gaps from to
  nodes { id rule severity orgId text flowCount firstAt lastAt flows { orgId verdict { text } } records { ... on Audit { uniqueId } ... on AuthAudit { uniqueId } }
    counts { name value threshold } } } }`

// autumn is a time that all samples lie in.
var autumn = variables{"gte": "2026-09-01", "lt": "2026-11-09"}

func TestEachSampleMakesItsDetection(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/detections/*.ndjson")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d samples: %v", len(files), err)
	}
	for _, file := range files {
		rule := strings.ToUpper(strings.TrimSuffix(filepath.Base(file), ".ndjson"))
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, eventsIn(t, file)...)
			var data struct{ Detections detections }
			a.ask(t, detect, variables{"filter": variables{"time": autumn}}, &data)
			found := data.Detections
			if len(found.Nodes) != 1 || found.Nodes[0].Rule != rule || found.Truncated || len(found.Gaps) > 0 || found.FlowsRead == 0 {
				t.Fatalf("got %+v", found)
			}
			one := found.Nodes[0]
			onlyForItsOrg(t, a, rule, one.OrgID)
			if one.FlowCount == 0 || len(one.Flows) == 0 || one.Text == "" || len(one.Counts) == 0 || (rule == "TOKEN_FROM_FOREIGN_NETWORK") != (len(one.Records) > 0) {
				t.Errorf("got %+v", one)
			}
			for _, flow := range one.Flows {
				if flow.OrgID != one.OrgID {
					t.Errorf("a flow of %s shows something of %s", flow.OrgID, one.OrgID)
				}
			}
		})
	}
}

// onlyForItsOrg asks for the detection of an org in other ways.
func onlyForItsOrg(t *testing.T, a *api, rule, org string) {
	t.Helper()
	for name, caller := range map[string]struct {
		principal audit.Principal
		vars      variables
		want      int
	}{
		"a member":     {audit.MemberOf("ann", org, audit.RoleViewer), variables{"filter": variables{"time": autumn}}, 1},
		"a stranger":   {audit.MemberOf("eve", "elsewhere", audit.RoleOwner), variables{"filter": variables{"time": autumn}}, 0},
		"of the org":   {audit.Everyone(), variables{"filter": variables{"time": autumn, "orgId": org}}, 1},
		"who may not":  {audit.MemberOf("eve", "elsewhere", audit.RoleOwner), variables{"filter": variables{"time": autumn, "orgId": org}}, 0},
		"another rule": {audit.Everyone(), variables{"filter": variables{"time": autumn, "rules": []string{otherThan(rule)}}}, 0},
		"another time": {audit.Everyone(), nil, 0}, // the past day
	} {
		var data struct{ Detections detections }
		a.askAs(t, caller.principal, detect, caller.vars, &data)
		if len(data.Detections.Nodes) != caller.want {
			t.Errorf("%s: %+v", name, data.Detections.Nodes)
		}
	}
}

func otherThan(rule string) string {
	if rule == "SPRAYING" {
		return "NEW_IDP"
	}
	return "SPRAYING"
}

func TestTheOrdinarySampleMakesNoDetection(t *testing.T) {
	t.Parallel()
	var data struct{ Detections detections }
	sampleAPI(t).ask(t, detect, variables{"filter": variables{"time": autumn}}, &data)
	if len(data.Detections.Nodes) != 0 || data.Detections.FlowsRead == 0 {
		t.Errorf("got %+v", data.Detections)
	}
}

func TestRulesSayTheirThresholds(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	var data struct {
		DetectionRules []struct {
			Rule, Title, Description string
			Thresholds               []struct {
				Name, Reason string
				Value        int
				Unit         *string
			}
		}
	}
	a.ask(t, `{ detectionRules { rule title description thresholds { name value unit reason } } }`, nil, &data)
	if len(data.DetectionRules) != 8 {
		t.Errorf("%d rules", len(data.DetectionRules))
	}
	for _, rule := range data.DetectionRules {
		if rule.Title == "" || rule.Description == "" || len(rule.Thresholds) == 0 || rule.Thresholds[0].Value == 0 || rule.Thresholds[0].Reason == "" {
			t.Errorf("got %+v", rule)
		}
	}
	for field, vars := range map[string]variables{"first": {"first": 501}, "time": {"filter": variables{"time": variables{"gte": "2020-01-01"}}}} {
		if err := a.refused(t, detect, vars); err.Extensions["code"] != "BAD_USER_INPUT" || err.Extensions["field"] != field {
			t.Errorf("%v: %q %v", vars, err.Message, err.Extensions)
		}
	}
}
