package rest

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// healthIs has every delivery go as is said.
func healthIs(h destination.Health, err error) func(context.Context, []destination.Destination) ([]destination.Health, error) {
	return func(_ context.Context, of []destination.Destination) ([]destination.Health, error) {
		return slices.Repeat([]destination.Health{h}, len(of)), err
	}
}

// troubled has everything that a health can tell.
func troubled() destination.Health {
	at := time.Date(2026, 11, 22, 10, 0, 0, 5_000, time.UTC)
	return destination.Health{State: destination.Retrying, LastSuccess: at, LastError: "answered <b>500</b>", LastErrorAt: at.Add(time.Second),
		NextAttempt: at.Add(time.Minute), PausedSince: at, Delivered: 1, Skipped: 2, Retries: 3, DeadLetters: 4, LagEvents: 5, LagSeconds: 6.5,
		Replay: &destination.Replay{TimeRange: destination.TimeRange{From: at.Add(-time.Hour), To: at}, RequestedAt: at, FinishedAt: at, Delivered: 7}}
}

func TestTheHealthOfADestinationSaysHowItsDeliveryGoes(t *testing.T) {
	t.Parallel()
	store := newServer(t)
	path := destinationsPath + "/" + store.create(webhook("mine", "a", "")).Metadata.ID + "/health"
	ask := func(h destination.Health, p audit.Principal) string {
		s := serve(t, Options{Destinations: store.destinationStore, Health: healthIs(h, nil)})
		s.principal = p
		got := s.do(http.MethodGet, path, nil)
		if got.status != 200 || got.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return strings.TrimSpace(string(got.body))
	}
	want := `{"state":"retrying","last_success":"2026-11-22T10:00:00.000005Z","last_error":"answered <b>500</b>","last_error_at":"2026-11-22T10:00:01.000005Z",` +
		`"next_attempt":"2026-11-22T10:01:00.000005Z","paused_since":"2026-11-22T10:00:00.000005Z","delivered":1,"skipped":2,"retries":3,"dead_letters":4,` +
		`"lag_events":5,"lag_seconds":6.5,"replay":{"from":"2026-11-22T09:00:00.000005Z","to":"2026-11-22T10:00:00.000005Z",` +
		`"requested_at":"2026-11-22T10:00:00.000005Z","finished_at":"2026-11-22T10:00:00.000005Z","delivered":7}}`
	if got := ask(troubled(), audit.Everyone()); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	viewer := audit.MemberOf("s", "mine", audit.RoleViewer)
	if got := ask(troubled(), viewer); got != strings.Replace(want, `"lag_events":5,`, "", 1) {
		t.Errorf("a viewer, who must not learn how much others store: %s", got)
	}
	if got := ask(destination.Health{State: destination.Waiting}, viewer); got != `{"state":"waiting","delivered":0,"skipped":0,"retries":0,"dead_letters":0,"lag_seconds":0}` {
		t.Errorf("of a new one: %s", got)
	}
}

func TestWhoMayNotSeeADestinationDoesNotSeeItsHealth(t *testing.T) {
	t.Parallel()
	store := newServer(t)
	path := destinationsPath + "/" + store.create(webhook("theirs", "a", "")).Metadata.ID + "/health"
	s := serve(t, Options{Destinations: store.destinationStore, Health: healthIs(destination.Health{}, errors.New("secret detail"))})
	refused(t, s.do(http.MethodGet, path, nil), 500, audit.Internal, "")
	refused(t, s.do(http.MethodGet, destinationsPath+"/nothing/health", nil), 404, audit.NotFound, "destination")
	s.principal = audit.MemberOf("s", "mine", audit.RoleOwner)
	refused(t, s.do(http.MethodGet, path, nil), 404, audit.NotFound, "destination")
	refused(t, s.do(http.MethodGet, path+"?org_id=theirs", nil), 403, audit.Forbidden, "org_id")
	s.principal = audit.MemberOf("s", "theirs", audit.RoleNone)
	refused(t, s.do(http.MethodGet, path, nil), 403, audit.Forbidden, "role")
}

func TestEveryMemberOfTheHealthIsDocumented(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	var written map[string]any
	store := newServer(t)
	path := destinationsPath + "/" + store.create(webhook("o", "a", "")).Metadata.ID + "/health"
	decode(t, serve(t, Options{Destinations: store.destinationStore, Health: healthIs(troubled(), nil)}).do(http.MethodGet, path, nil).body, &written)
	replay, _ := written["replay"].(map[string]any)
	for schema, members := range map[string]map[string]any{"AuditDestinationHealth": written, "AuditDestinationReplay": replay} {
		if got, want := slices.Sorted(maps.Keys(d.Components.Schemas[schema].Properties)), slices.Sorted(maps.Keys(members)); !slices.Equal(got, want) {
			t.Errorf("%s: documented %v, written %v", schema, got, want)
		}
	}
}
