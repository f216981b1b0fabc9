package main

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// dataset makes up records: attempts of five records each over thirty days, of
// ten thousand users in fifty orgs. Record i is always the same.
type dataset struct {
	records int
	start   time.Time
}

const (
	users     = 10_000
	orgs      = 50
	perFlow   = 5
	perAction = 10 // attempts of which one is followed by an API action
	inSession = 3  // attempts that share a session
)

var (
	applications = []string{"Water SCADA", "Payroll", "Expense Reports", "VPN Gateway", "Git Forge", "Plant Cameras", "Wiki", "Ticket Desk"}
	providers    = []string{"google", "microsoft", "okta", "apple", "local"}
	stages       = [perFlow][2]string{{"Authentication Request", "InProgress"}, {"Identity Provider Callback", "Success"},
		{"Policy Evaluation", "Success"}, {"Authentication Request", "CodeIssued"}, {"Token", "Success"}}
	agents = []string{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36",
		"Mozilla/5.0 (X11; Linux x86_64; rv:134.0) Gecko/20100101 Firefox/134.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/129.1 Safari/605.1.15"}
)

func newDataset(records int) dataset {
	return dataset{records: records, start: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)}
}

// flow is what the records of one attempt have in common.
type flow struct {
	user, org, app int
	denied         bool
	random         *rand.Rand
}

func (d dataset) flow(n int) flow {
	random := rand.New(rand.NewPCG(uint64(n), 1))
	user := random.IntN(users)
	return flow{user: user, org: user % orgs, app: random.IntN(len(applications)), denied: random.IntN(12) == 0, random: random}
}

func (d dataset) requestID(n int) string {
	return fmt.Sprintf("req-%020x", uint64(n)*0x9e3779b97f4a7c15)
}
func (d dataset) flows() int { return d.records / perFlow }

// startOf returns when an attempt begins: each later than the one before.
func (d dataset) startOf(n int) time.Time {
	return d.start.Add(time.Duration(n) * (30 * 24 * time.Hour / time.Duration(d.flows())))
}

const stampFormat = "2006-01-02T15:04:05.000000Z"

// append appends record i as a bulk event.
func (d dataset) append(b []byte, i int) []byte {
	n, step := i/perFlow, i%perFlow
	f := d.flow(n)
	at := d.startOf(n).Add(time.Duration(step) * 1200 * time.Millisecond)
	stage := stages[step]
	if f.denied && step >= 2 { // the page is opened again, and says so again
		stage = [2]string{"Policy Evaluation", "Denied"}
	}
	stamp := at.Format(stampFormat)
	b = fmt.Appendf(b, `{"unique_id":"bench-%09d","create_time":%q,"event":{"subsystem":"auth","time":%q,"event_name":%q,"result":%q,`+
		`"org_id":"org-%03d","org_name":"Organisation %d","login_org_id":"org-%03d","login_org_name":"Organisation %d",`+
		`"issuer":"https://auth.org%d.example","client_id":"client-%d","application_name":%q,"upstream_idp":%q,`+
		`"request_id":%q,"trace_id":"%016x%016x","source_ip":"10.%d.%d.%d","user_agent":%q`,
		i, stamp, stamp, stage[0], stage[1], f.org, f.org, f.org, f.org, f.org, f.app, applications[f.app], providers[f.user%len(providers)],
		d.requestID(n), uint64(n)*0xbf58476d1ce4e5b9, step/2, f.org, f.user/256%256, f.user%256, agents[f.user%len(agents)])
	if step > 0 {
		b = fmt.Appendf(b, `,"user_id":"user-%06d","upstream_user_id":"person%d@org%d.example"`, f.user, f.user, f.org)
	}
	if step > 1 {
		b = fmt.Appendf(b, `,"session":"ses-%020x"`, uint64(n/inSession)*0x94d049bb133111eb)
	}
	if step == perFlow-1 && !f.denied {
		b = fmt.Appendf(b, `,"token_id":"tok-%016x"`, uint64(n)*0x2545f4914f6cdd1d)
	}
	return append(b, "}}"...)
}

// actions are API audits, each done with the token of one attempt.
func (d dataset) actions() int { return d.flows() / perAction }

// appendAction appends action i as a bulk event.
func (d dataset) appendAction(b []byte, i int) []byte {
	n := i * perAction
	f := d.flow(n)
	stamp := d.startOf(n).Add(30 * time.Second).Format(stampFormat)
	return fmt.Appendf(b, `{"unique_id":"action-%09d","create_time":%q,"event":{"subsystem":"api","time":%q,"api_name":"files","action":"Update","org_id":"org-%03d",`+
		`"target_resource_type":"file","target_resource_name":"report %d","user_id":"user-%06d","session":"ses-%020x","token_id":"tok-%016x","trace_id":"%016x%016x","source_ip":"10.%d.%d.%d"}}`,
		i, stamp, stamp, f.org, i, f.user, uint64(n/inSession)*0x94d049bb133111eb, uint64(n)*0x2545f4914f6cdd1d, uint64(n)*0xbf58476d1ce4e5b9, 9,
		f.org, f.user/256%256, f.user%256)
}
