package demo

import "fmt"

var (
	people       = []string{"amara", "bo", "chen", "dana", "emeka", "farah", "goran", "hana", "ivan", "june", "kofi", "lena"}
	applications = []string{"Water SCADA", "Payroll", "Expense Reports", "VPN Gateway", "Git Forge", "Plant Cameras", "Wiki"}
	providers    = []string{"google", "microsoft", "okta", "apple", "local"}
	agents       = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
		"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
	}
	systems   = []string{"Windows 11", "Debian 13", "macOS 26", "iOS 19"}
	resources = []string{"application", "user", "connector", "group"}
	verbs     = []string{"create", "update", "get", "delete"}
	paths     = []string{"/", "/reports", "/reports/2026", "/settings", "/api/status"}
	responses = []int{200, 200, 200, 200, 304, 404}
)

// attempt is what all records of one login have in common.
type attempt struct {
	generator                        *Generator
	user, upstreamUser, org, orgName string
	application, client, provider    string
	agent, system, ip                string
	requestID, session, tokenID      string
	trace                            string
}

func (g *Generator) attempt(s scenario) *attempt {
	person, org := g.random.IntN(len(people)), 1+g.random.IntN(2)
	app, agent := g.flows%len(applications), person%len(agents) // in turn, so that each meets every scenario
	g.flows++
	a := &attempt{
		generator: g, user: fmt.Sprintf("user-%04d", person), upstreamUser: fmt.Sprintf("%s@org%d.example", people[person], org),
		org: fmt.Sprintf("org-%d", org), orgName: fmt.Sprintf("Organisation %d", org),
		application: applications[app], client: fmt.Sprintf("client-%d", app), provider: providers[(person+org)%len(providers)],
		agent: agents[agent], system: systems[agent], ip: fmt.Sprintf("203.0.113.%d", 10+person),
		requestID: g.id("req"), session: g.id("ses"), tokenID: g.id("tok"),
	}
	if s.service {
		a.user, a.upstreamUser = fmt.Sprintf("service-%02d", person), fmt.Sprintf("backup-%02d@services.example", person)
		a.agent, a.system, a.provider = "backup-agent/3.2", "", "local"
	}
	return a
}

// record returns the event of one step.
func (a *attempt) record(s step) map[string]any {
	if s.newTrace || a.trace == "" {
		a.trace = a.generator.id("trace")
	}
	r := map[string]any{
		"subsystem": "auth", "event_name": s.eventName, "result": s.result, "trace_id": a.trace, "request_id": a.requestID,
		"org_id": a.org, "org_name": a.orgName, "login_org_id": a.org, "login_org_name": a.orgName,
		"issuer": "https://auth." + a.org + ".example", "client_id": a.client, "application_name": a.application,
		"upstream_idp": a.provider, "source_ip": a.ip, "user_agent": a.agent,
	}
	if a.system != "" {
		r["device"] = map[string]any{"os": a.system, "managed": len(a.user)%2 == 0}
	}
	if s.user {
		r["user_id"], r["upstream_user_id"] = a.user, a.upstreamUser
	}
	if s.session {
		r["session"] = a.session
	}
	if s.token {
		r["token_id"] = a.tokenID
	}
	return r
}

// action returns the event of something that the session did afterwards.
func (g *Generator) action(a *attempt) map[string]any {
	kind := resources[g.random.IntN(len(resources))]
	id := fmt.Sprintf("%s-%03d", kind, g.random.IntN(400))
	return map[string]any{
		"subsystem": "api", "action": verbs[g.random.IntN(len(verbs))], "api_name": kind + "s", "target_id": id,
		"target_resource_type": kind, "target_resource_name": a.application + " " + id, "user_id": a.user, "org_id": a.org,
		"session": a.session, "token_id": a.tokenID, "trace_id": g.id("trace"), "source_ip": a.ip,
		"audit_attributes": []map[string]any{{"attribute_type": kind, "attribute_id": id, "attribute_org_id": a.org}},
	}
}

// access returns the event of a web request that the session made afterwards,
// as the access log of a proxy in front of the application has it. Its ids are
// under that log's own names, and request_id is that of the login, as for all
// that a proxy lets through by the login's token.
func (g *Generator) access(a *attempt) map[string]any {
	return map[string]any{
		"subsystem": "access", "log_type": "access", "request_id": a.requestID, "session": a.session, "jti": a.tokenID,
		"sub": a.user, "org": a.org, "hostname": a.client + "." + a.org + ".example", "path": paths[g.random.IntN(len(paths))],
		"method": "GET", "response_code": responses[g.random.IntN(len(responses))], "source_ip": a.ip, "user_agent": a.agent,
	}
}
