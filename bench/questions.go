package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// question is a GraphQL query that is asked over and over with other values.
type question struct {
	name      string
	document  string
	variables func(set dataset, random *rand.Rand) map[string]any
	atLeast   int // how many rows the answer must have, so that nothing is measured that finds nothing
}

const record = `nodes { time uniqueId orgId eventName result userId upstreamUserId applicationName upstreamIdp sourceIp requestId session traceId userAgent }`

func search(text string) func(dataset, *rand.Rand) map[string]any {
	return func(dataset, *rand.Rand) map[string]any { return map[string]any{"v": text} }
}

var questions = []question{
	{"all records of one request id", `query($v: String!) { list: authAudits(filter: {requestId: {eq: $v}}) { ` + record + ` } }`,
		func(set dataset, r *rand.Rand) map[string]any {
			return map[string]any{"v": set.requestID(r.IntN(set.flows()))}
		}, perFlow},
	{"latest 50 of an org", `query($v: String!) { list: authAudits(filter: {orgId: {eq: $v}}) { ` + record + ` } }`,
		func(_ dataset, r *rand.Rand) map[string]any {
			return map[string]any{"v": fmt.Sprintf("org-%03d", r.IntN(orgs))}
		}, 50},
	{"latest 50 of a user", `query($v: String!) { list: authAudits(filter: {userId: {eq: $v}}) { ` + record + ` } }`,
		func(set dataset, r *rand.Rand) map[string]any {
			return map[string]any{"v": fmt.Sprintf("user-%06d", set.flow(r.IntN(set.flows())).user)}
		}, 1},
	{"full text, one word", `query($v: String!) { list: authAudits(search: $v) { ` + record + ` } }`, search("denied"), 50},
	{"full text, a word and a phrase", `query($v: String!) { list: authAudits(search: $v) { ` + record + ` } }`, search(`denied "water scada"`), 50},
	{"full text of one user's name in an org", `query($v: String!) { list: authAudits(search: $v) { ` + record + ` } }`,
		func(set dataset, r *rand.Rand) map[string]any {
			user := set.flow(r.IntN(set.flows())).user
			return map[string]any{"v": fmt.Sprintf("person%d org:org-%03d", user, user%orgs)}
		}, 1},
	{"full text, a common prefix", `query($v: String!) { list: authAudits(search: $v) { ` + record + ` } }`, search("pol*"), 50},
	{"joined login flow: records, session, API actions, traces, links, verdict", `query($v: String!) { flow: loginFlow(requestId: $v) { outcome durationMs verdict { text clauses { text records { uniqueId } } } stages { eventName result gapMs } records { time uniqueId eventName result sourceIp } links { via strength record { uniqueId } } traces { nodes { traceId records { nodes { uniqueId } } } } sessionView { sessionId records { nodes { uniqueId } } audits { nodes { time action targetResourceName } } attempts { nodes { requestId outcome } } } } }`,
		func(set dataset, r *rand.Rand) map[string]any {
			return map[string]any{"v": set.requestID(r.IntN(set.flows()/perAction) * perAction)}
		}, perFlow},
	{"latest 50 login flows by outcome and application", `query($v: String!) { list: loginFlows(filter: {outcome: {eq: DENIED}, applicationName: {eq: $v}}) { nodes { startedAt durationMs outcome lastStage failedStage userId upstreamUserId applicationName upstreamIdp retries shape } } }`,
		func(_ dataset, r *rand.Rand) map[string]any {
			return map[string]any{"v": applications[r.IntN(len(applications))]}
		}, 50},
	{"latest 50 login flows by outcome and application, with verdicts", `query($v: String!) { list: loginFlows(filter: {outcome: {eq: DENIED}, applicationName: {eq: $v}}) { nodes { startedAt durationMs outcome lastStage failedStage userId upstreamUserId applicationName upstreamIdp retries verdict { text } } } }`,
		func(_ dataset, r *rand.Rand) map[string]any {
			return map[string]any{"v": applications[r.IntN(len(applications))]}
		}, 50},
	{"funnel of an org over a month", `query($v: String!) { list: loginFunnel(filter: {orgId: {eq: $v}}) { flows outcomes { outcome count } steps { name reached ended failed gap { p50Ms p95Ms } } } }`,
		func(_ dataset, r *rand.Rand) map[string]any {
			return map[string]any{"v": fmt.Sprintf("org-%03d", r.IntN(orgs))}
		}, 4},
	{"latest 50 of an org, and how many in all", `query($v: String!) { list: authAudits(filter: {orgId: {eq: $v}}) { totalCount ` + record + ` } }`,
		func(_ dataset, r *rand.Rand) map[string]any {
			return map[string]any{"v": fmt.Sprintf("org-%03d", r.IntN(orgs))}
		}, 50},
}

// measureQuestions asks each question, one after the other, and prints how long
// the answers took from the first byte sent to the last byte read.
func measureQuestions(ctx context.Context, server *serverProcess, set dataset, repeats int) error {
	for _, q := range questions {
		took, err := ask(ctx, server, set, q, repeats)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		slices.Sort(took)
		at := func(share float64) time.Duration {
			return took[int(share*float64(len(took)-1))].Round(10 * time.Microsecond)
		}
		fmt.Printf("| %s | p50 %s, p95 %s |\n", q.name, at(.5), at(.95))
	}
	return nil
}

func ask(ctx context.Context, server *serverProcess, set dataset, q question, repeats int) ([]time.Duration, error) {
	random := rand.New(rand.NewPCG(42, 42))
	took := make([]time.Duration, 0, repeats)
	for i := range repeats + repeats/10 {
		body, err := json.Marshal(map[string]any{"query": q.document, "variables": q.variables(set, random)})
		if err != nil {
			return nil, err
		}
		begin := time.Now()
		answer, err := post(ctx, server.url+"/graphql", body)
		elapsed := time.Since(begin)
		if err != nil {
			return nil, err
		}
		if err := check(answer, q.atLeast); err != nil {
			return nil, fmt.Errorf("%s: %w", body, err)
		}
		if i >= repeats/10 { // the first tenth warms up
			took = append(took, elapsed)
		}
	}
	return took, nil
}

func check(answer []byte, atLeast int) error {
	var result struct {
		Data struct {
			List struct{ Nodes, Steps []json.RawMessage }
			Flow struct{ Records []json.RawMessage }
		}
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(answer, &result); err != nil {
		return err
	}
	if len(result.Errors) > 0 {
		return fmt.Errorf("the server says: %s", result.Errors[0].Message)
	}
	if got := len(result.Data.List.Nodes) + len(result.Data.List.Steps) + len(result.Data.Flow.Records); got < atLeast {
		return fmt.Errorf("found %d rows, want at least %d", got, atLeast)
	}
	return nil
}
