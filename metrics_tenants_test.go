package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestMetricsShowDeliveriesOfOnesOwnOrgs(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	one, two := g.token("one", "owner"), g.token("two", "owner")
	for _, org := range []string{"one", "two"} {
		spec := fmt.Sprintf(`{"spec":{"enabled":true,"name":"all","org_id":%q,"destination_type":"file","location":"file://./%s.log","comment":"","filters":[]}}`, org, org)
		if answer, body := g.do(g.token(org, "owner"), http.MethodPost, destinations, spec); answer.StatusCode != http.StatusCreated {
			t.Fatalf("%d %s", answer.StatusCode, body)
		}
	}
	for token, orgs := range map[string][2]string{one: {"one", "two"}, two: {"two", "one"}} {
		eventually(t, "metrics have the delivery of "+orgs[0], func() bool {
			_, metrics := g.do(token, http.MethodGet, "/metrics", "")
			if strings.Contains(metrics, fmt.Sprintf("org=%q", orgs[1])) {
				t.Fatalf("the owner of %s is shown %s", orgs[0], metrics[strings.Index(metrics, "# HELP authtrail_delivery"):])
			}
			return strings.Contains(metrics, fmt.Sprintf("org=%q", orgs[0]))
		})
	}
}
