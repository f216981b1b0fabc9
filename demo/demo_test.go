package demo_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/demo"
)

func TestPastFlowsAreValidEventsOfThePastWithUniqueIDs(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)
	requests, seen := map[string]bool{}, map[string]bool{}
	for _, raw := range demo.NewGenerator(1, "demo").Past(240, 7*24*time.Hour, now) {
		r, err := audit.DecodeEvent(raw, "")
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if seen[r.UniqueID] {
			t.Fatalf("unique_id %s occurs twice", r.UniqueID)
		}
		seen[r.UniqueID] = true
		if r.Time.After(now) || r.Time.Before(now.Add(-7*24*time.Hour)) {
			t.Errorf("%s happened at %s, outside the week before %s", r.UniqueID, r.Time, now)
		}
		if id, ok := r.Get(query.RequestID); ok {
			requests[id] = true
		}
	}
	if len(requests) != 240 {
		t.Errorf("got %d attempts, want 240", len(requests))
	}
}

func TestASessionGoesOnToMakeAPIActionsAndWebRequests(t *testing.T) {
	t.Parallel()
	logins, actions, requests := map[string]string{}, map[string]int{}, map[string]int{}
	for _, raw := range demo.NewGenerator(1, "demo").Past(60, 24*time.Hour, time.Now()) {
		r, err := audit.DecodeEvent(raw, "")
		if err != nil {
			t.Fatal(err)
		}
		token, _ := r.Get(query.TokenID)
		session, _ := r.Get(query.Session)
		switch {
		case token == "":
			continue
		case r.Kind == audit.KindAuth:
			logins[token] = session
			continue
		case logins[token] != session || session == "":
			t.Errorf("%s: no login before it issued the token %s in this session", raw, token)
		case r.Kind == audit.KindAPI:
			actions[token]++
		case r.Kind == audit.KindGeneric:
			requests[token]++
		}
		for _, field := range []query.Field{query.UserID, query.Session} {
			if value, _ := r.Get(field); value == "" {
				t.Errorf("%s: has no %s", raw, field)
			}
		}
	}
	if len(logins) == 0 || len(actions) != len(logins) || len(requests) != len(logins) {
		t.Errorf("of %d logins %d went on to actions and %d to requests", len(logins), len(actions), len(requests))
	}
}

func TestTheSameSeedMakesTheSameFlows(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)
	first := demo.NewGenerator(7, "demo").Past(30, 24*time.Hour, now)
	second := demo.NewGenerator(7, "demo").Past(30, 24*time.Hour, now)
	if len(first) != len(second) {
		t.Fatalf("got %d and %d events", len(first), len(second))
	}
	for i := range first {
		if string(first[i]) != string(second[i]) {
			t.Fatalf("event %d differs:\n%s\n%s", i, first[i], second[i])
		}
	}
}

func TestEveryApplicationMeetsEveryEndSoonEnough(t *testing.T) {
	t.Parallel()
	ends := map[string]int{}
	for seed := range uint64(20) {
		met := map[string]bool{}
		for _, raw := range demo.NewGenerator(seed, "demo").Past(200, 7*24*time.Hour, time.Now()) {
			r, err := audit.DecodeEvent(raw, "")
			if err != nil {
				t.Fatal(err)
			}
			app, _ := r.Get(query.ApplicationName)
			result, _ := r.Get(query.Result)
			met[app+": "+result] = true
		}
		for end := range met {
			ends[end]++
		}
	}
	for _, app := range []string{"Water SCADA", "Payroll", "Wiki"} {
		for _, result := range []string{"Denied", "Failure", "Timeout", "SessionExpired", "CodeIssued"} {
			if end := app + ": " + result; ends[end] != 20 {
				t.Errorf("%s in %d of 20 runs", end, ends[end])
			}
		}
	}
}

func TestALiveFlowHappensStepByStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		events := demo.NewGenerator(1, "demo").Next(began)
		if len(events) < 3 {
			t.Fatalf("the flow has %d events; another seed is needed", len(events))
		}
		sent := 0
		demo.Play(t.Context(), events, func(raw json.RawMessage) {
			r, err := audit.DecodeEvent(raw, "")
			if err != nil {
				t.Fatal(err)
			}
			if late := time.Since(r.Time); late < 0 || late > time.Millisecond {
				t.Errorf("event %d is sent %s after it happened", sent, late)
			}
			sent++
		})
		if sent != len(events) || time.Since(began) < time.Second {
			t.Errorf("%d of %d events were sent within %s", sent, len(events), time.Since(began))
		}
	})
}

func TestALiveFlowEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	sent := 0
	demo.Play(ctx, demo.NewGenerator(1, "demo").Next(time.Now().Add(-time.Hour)), func(json.RawMessage) {
		sent++
		cancel()
	})
	if sent != 1 {
		t.Errorf("%d events were sent, want those before its end", sent)
	}
}
