package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func fileDestination(name string) string {
	return fmt.Sprintf(`{"spec":{"enabled":true,"name":%q,"org_id":"one","destination_type":"file","location":"file://./%s.log","comment":"","filters":[]}}`, name, name)
}

func TestDestinationsAreListedTestedReplayedAndResumed(t *testing.T) {
	t.Parallel()
	g := guardedServer(t)
	owner := g.token("one", "owner")
	at := func(args ...string) outcome {
		return authtrail(t, append(args, "--server", g.url, "--token", owner)...)
	}
	if got := at("destinations"); got.code != exitNothing || !strings.Contains(got.err, "there are no destinations") {
		t.Errorf("without any: %d %s", got.code, got.err)
	}
	g.do(owner, http.MethodPost, destinations, fileDestination("kept"))
	answer, body := g.do(owner, http.MethodPost, destinations, webhookWithPassword("private"))
	id := destinationID(t, reply{status: answer.StatusCode, body: body}, http.StatusCreated)
	if _, body := g.do(owner, http.MethodPost, destinations, strings.Replace(webhookWithPassword("inside"), "https://example.com", "http://127.0.0.1:9", 1)); !strings.Contains(body, "inside") {
		t.Fatal(body)
	}
	eventually(t, "the file is delivered to", func() bool {
		return strings.Contains(at("destinations").out, "delivering")
	})
	for _, test := range []struct {
		args      []string
		code      int
		out, says string
	}{
		{[]string{"destinations"}, exitOK, "NAME", ""},
		{[]string{"destinations", "list"}, exitOK, id, ""},
		{[]string{"destinations", "--json"}, exitOK, `"destinationType":"FILE"`, ""},
		{[]string{"destinations", "test", "kept"}, exitOK, "accepted after", ""},
		{[]string{"destinations", "test", "inside"}, exitFailed, "", "not accepted"},
		{[]string{"destinations", "test", "inside", "--json"}, exitFailed, `"accepted":false`, "not accepted"},
		{[]string{"destinations", "replay", "kept", "--from", "now-1day"}, exitOK, "are sent again", ""},
		{[]string{"destinations", "replay", "kept", "--from", "now", "--to", "now-1day"}, exitFailed, "", "must be after from (BAD_USER_INPUT)"},
		{[]string{"destinations", "replay", "kept"}, exitUsage, "", "--from"},
		{[]string{"destinations", "resume", "kept"}, exitOK, "the delivery was not paused; its state is delivering", ""},
		{[]string{"destinations", "dry-run", "kept", "--days", "3"}, exitOK, "which are 0, 0 would have been sent, in 0 bytes", ""},
		{[]string{"destinations", "dry-run", "kept", "--json"}, exitOK, `"complete":true`, ""},
		{[]string{"destinations", "dry-run", "kept", "--days", "0"}, exitUsage, "", "--days 0"},
		{[]string{"destinations", "resume", id}, exitOK, "the delivery was not paused; its state is ", ""},
		{[]string{"destinations", "dead-letters", "kept"}, exitNothing, "", "the receiver has refused nothing"},
		{[]string{"destinations", "dead-letters", "kept", "-n", "0"}, exitUsage, "", "--limit 0"},
		{[]string{"destinations", "test", "missing"}, exitNothing, "", `no destination has the id or the name "missing"`},
	} {
		got := at(test.args...)
		if got.code != test.code || !strings.Contains(got.out, test.out) || !strings.Contains(got.err, test.says) {
			t.Errorf("authtrail %v: %d\n%s%s\nwant %d %q %q", test.args, got.code, got.out, got.err, test.code, test.out, test.says)
		}
		if strings.Contains(got.out+got.err, "swordfish") {
			t.Errorf("authtrail %v tells a secret", test.args)
		}
	}
	viewer := authtrail(t, "destinations", "resume", "kept", "--server", g.url, "--token", g.token("one", "viewer"))
	if viewer.code != exitFailed || !strings.Contains(viewer.err, "FORBIDDEN") {
		t.Errorf("a viewer resumes: %d %s", viewer.code, viewer.err)
	}
}

func TestOnlyAPausedDeliveryIsSaidToGoOn(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{"PAUSED": "goes on from where it was", "DISABLED": "was not paused; its state is disabled"} {
		if got := resumed(state); !strings.Contains(got, want) {
			t.Errorf("%s: %s", state, got)
		}
	}
}
