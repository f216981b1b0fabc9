package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
)

// row decodes "id | time | member=value | …" as an auth record of org-1 that has no request_id unless it says so.
func row(t testing.TB, line string) *audit.Record {
	t.Helper()
	parts := strings.Split(line, "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	at, err := time.ParseDuration(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return record(t, parts[0], at, append([]string{"request_id="}, parts[2:]...)...)
}

func rows(t testing.TB, text string) []*audit.Record {
	t.Helper()
	var records []*audit.Record
	for line := range strings.Lines(strings.TrimSpace(text)) {
		records = append(records, row(t, line))
	}
	return records
}

// toldOf writes a flow as "REQUEST q1: a REQUEST, b TRACE ! trace_id t1: why".
func toldOf(s *flow.Stitched) string {
	links := make([]string, len(s.Links))
	for i, link := range s.Links {
		links[i] = link.Record.UniqueID + " " + string(link.Via)
	}
	told := fmt.Sprintf("%s %s: %s", s.Key.Via, s.Key.Value, strings.Join(links, ", "))
	for _, c := range s.Conflicts {
		told += fmt.Sprintf(" ! %s %s: %s", c.Key, c.Value, c.Reason)
	}
	return told
}

const (
	severalUsers    = "records of more than one user have it"
	severalAttempts = "records of more than one attempt have it"
	severalIssued   = "more than one attempt issued it"
	severalOpen     = "more than one attempt was open in it at the time of a record without a request_id"
	tooFar          = "the attempt with it is more than 15 minutes away from a record without a request_id"
	tooMany         = "more than 5 records have it"
)

// stitchings are records, and the flows that they make where an id may be on 5 of them.
var stitchings = map[string]struct{ records, want string }{
	"a request id is certain, however far apart": {`
		a | 0s   | request_id=q | trace_id=t
		b | 100h | request_id=q`, `
		REQUEST q: a REQUEST, b REQUEST`},
	"a trace ties what is near a record of the attempt with it": {`
		a | 0s  | request_id=q | trace_id=t
		b | 1h  | request_id=q
		c | 15m | trace_id=t`, `
		REQUEST q: a REQUEST, c TRACE, b REQUEST`},
	"a clock may step back": {`
		a | 15m | request_id=q | trace_id=t
		b | 0s  | trace_id=t`, `
		REQUEST q: b TRACE, a REQUEST`},
	"a trace does not tie what is far": {`
		a | 0s      | request_id=q | trace_id=t
		b | 15m1ns  | request_id=q
		c | 15m1ns  | trace_id=t`, `
		REQUEST q: a REQUEST, b REQUEST ! trace_id t: ` + tooFar + `
		TRACE t: c TRACE ! trace_id t: ` + tooFar},
	"a trace of two attempts ties nothing": {`
		a | 0s | request_id=q1 | trace_id=t
		b | 1s | request_id=q2 | trace_id=t
		c | 2s | trace_id=t`, `
		RECORD c: c RECORD ! trace_id t: ` + severalAttempts + `
		REQUEST q1: a REQUEST ! trace_id t: ` + severalAttempts + `
		REQUEST q2: b REQUEST ! trace_id t: ` + severalAttempts},
	"a trace of two users ties nothing, and the weaker ids are tried": {`
		a | 0s | request_id=q | trace_id=t | user_id=u1 | token_id=k
		b | 1s | trace_id=t | user_id=u2
		c | 2s | trace_id=t | token_id=k`, `
		RECORD b: b RECORD ! trace_id t: ` + severalUsers + `
		REQUEST q: a REQUEST, c TOKEN ! trace_id t: ` + severalUsers},
	"users differ by either of their ids": {`
		a | 0s | request_id=q | trace_id=t | user_id=u1 | upstream_user_id=ann
		b | 1s | trace_id=t | user_id=u1 | upstream_user_id=bob`, `
		RECORD b: b RECORD ! trace_id t: ` + severalUsers + `
		REQUEST q: a REQUEST ! trace_id t: ` + severalUsers},
	"a token ties whenever": {`
		a | 0s  | request_id=q | token_id=k
		b | 90h | token_id=k`, `
		REQUEST q: a REQUEST, b TOKEN`},
	"a token of two attempts ties nothing": {`
		a | 0s | request_id=q1 | token_id=k
		b | 1s | request_id=q2 | token_id=k
		c | 2s | token_id=k`, `
		RECORD c: c RECORD ! token_id k: ` + severalIssued + `
		REQUEST q1: a REQUEST ! token_id k: ` + severalIssued + `
		REQUEST q2: b REQUEST ! token_id k: ` + severalIssued},
	"a session ties from the attempt's first record to its last and the idle limit": {`
		before | 59s    | session=s
		a      | 1m     | request_id=q
		at     | 1m     | session=s
		b      | 2m     | request_id=q | session=s
		last   | 17m    | session=s
		after  | 17m1ns | session=s`, `
		REQUEST q: a REQUEST, at SESSION, b REQUEST, last SESSION
		SESSION s: before SESSION, after SESSION`},
	"a session with two open attempts ties nothing": {`
		a | 0s  | request_id=q1 | session=s
		b | 1m  | session=s
		c | 2m  | request_id=q2 | session=s
		d | 3m  | session=s
		e | 16m | session=s`, `
		REQUEST q1: a REQUEST, b SESSION ! session s: ` + severalOpen + `
		REQUEST q2: c REQUEST, e SESSION ! session s: ` + severalOpen + `
		SESSION s: d SESSION ! session s: ` + severalOpen},
	"the strongest id wins": {`
		a | 0s | request_id=q1 | trace_id=t
		b | 0s | request_id=q2 | token_id=k
		c | 0s | request_id=q3 | session=s
		d | 1s | session=s | token_id=k | trace_id=t
		e | 1s | session=s | token_id=k`, `
		REQUEST q1: a REQUEST, d TRACE
		REQUEST q2: b REQUEST, e TOKEN
		REQUEST q3: c REQUEST`},
	"nothing chains": {`
		a | 0s | request_id=q | trace_id=t1
		b | 1s | trace_id=t1 | token_id=k | session=s
		c | 2s | token_id=k
		d | 2s | session=s`, `
		RECORD c: c RECORD
		REQUEST q: a REQUEST, b TRACE
		SESSION s: d SESSION`},
	"what stands alone keeps its trace, else its session": {`
		a | 0s | trace_id=t | session=s1
		b | 9h | trace_id=t | session=s2
		c | 0s | session=s1
		d | 9h | session=s1
		e | 0s | token_id=k
		f | 0s | token_id=k`, `
		RECORD e: e RECORD
		RECORD f: f RECORD
		SESSION s1: c SESSION, d SESSION
		TRACE t: a TRACE, b TRACE`},
	"a trace that cannot be trusted leaves the session": {`
		a | 0s | trace_id=t | session=s | user_id=u1
		b | 1s | trace_id=t | user_id=u2`, `
		RECORD b: b RECORD ! trace_id t: ` + severalUsers + `
		SESSION s: a SESSION ! trace_id t: ` + severalUsers},
	"an id on too many records is not followed": {`
		a | 0s | request_id=q | trace_id=t | token_id=k | session=s
		b | 1s | request_id=q | trace_id=t | token_id=k | session=s
		c | 2s | trace_id=t | session=s
		d | 2s | trace_id=t | session=s
		e | 3s | trace_id=t | session=s
		f | 3s | trace_id=t | session=s | token_id=k
		g | 4s | token_id=k`, `
		RECORD c: c RECORD ! session s: ` + tooMany + ` ! trace_id t: ` + tooMany + `
		RECORD d: d RECORD ! session s: ` + tooMany + ` ! trace_id t: ` + tooMany + `
		RECORD e: e RECORD ! session s: ` + tooMany + ` ! trace_id t: ` + tooMany + `
		REQUEST q: a REQUEST, b REQUEST, f TOKEN, g TOKEN ! session s: ` + tooMany + ` ! trace_id t: ` + tooMany},
	"an attempt of too many records takes in no others": {`
		a | 0s | request_id=q | trace_id=t
		b | 1s | request_id=q
		c | 2s | request_id=q
		d | 3s | request_id=q
		e | 4s | request_id=q
		f | 5s | request_id=q
		g | 6s | trace_id=t`, `
		REQUEST q: a REQUEST, b REQUEST, c REQUEST, d REQUEST, e REQUEST, f REQUEST ! request_id q: ` + tooMany + `
		TRACE t: g TRACE ! request_id q: ` + tooMany},
	"an attempt of too many records may be open whenever": {`
		a | 0s   | request_id=q | session=s
		b | 1s   | request_id=q
		c | 2s   | request_id=q
		d | 3s   | request_id=q
		e | 4s   | request_id=q
		f | 5s   | request_id=q
		g | 50h  | request_id=q2 | session=s
		h | 50h  | session=s`, `
		REQUEST q: a REQUEST, b REQUEST, c REQUEST, d REQUEST, e REQUEST, f REQUEST ! request_id q: ` + tooMany + `
		REQUEST q2: g REQUEST ! session s: ` + severalOpen + `
		SESSION s: h SESSION ! session s: ` + severalOpen},
	"API audits and other events do not join": {`
		a | 0s | request_id=q | token_id=k | trace_id=t | user_id=u1
		b | 1s | token_id=k | subsystem=api | action=get
		c | 1s | request_id=q | subsystem=access
		d | 1s | request_id=q2 | trace_id=t | user_id=u2 | subsystem=api
		e | 1s | trace_id=t`, `
		REQUEST q: a REQUEST, e TRACE`},
	"orgs do not mix": {`
		a | 0s | request_id=q | trace_id=t | user_id=u1
		b | 1s | request_id=q | trace_id=t | user_id=u2 | org_id=org-2
		c | 2s | trace_id=t
		d | 3s | trace_id=t | org_id=org-2
		e | 3s | trace_id=t | org_id=org-3`, `
		REQUEST q: a REQUEST, c TRACE
		REQUEST q: b REQUEST, d TRACE
		TRACE t: e TRACE`},
}

func TestStitching(t *testing.T) {
	t.Parallel()
	for name, c := range stitchings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, s := range flow.StitchAll(rows(t, c.records), flow.Rules{Idle: idle}.Crowding(5)) {
				got = append(got, toldOf(s))
			}
			want := strings.Split(strings.TrimSpace(c.want), "\n")
			for i := range want {
				want[i] = strings.TrimSpace(want[i])
			}
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func TestTheLinksOfAFlowSayHowSureTheyAre(t *testing.T) {
	t.Parallel()
	want := map[audit.LinkVia]audit.LinkStrength{audit.ViaRequest: audit.Certain, audit.ViaTrace: audit.Strong,
		audit.ViaToken: audit.Strong, audit.ViaSession: audit.Weak, audit.ViaRecord: audit.Certain}
	seen := map[audit.LinkVia]bool{}
	for _, s := range flow.StitchAll(rows(t, `
		a | 0s | request_id=q | trace_id=t | token_id=k | session=s
		b | 1s | trace_id=t
		c | 1s | token_id=k
		d | 1s | session=s
		e | 1s |`), flow.Rules{Idle: idle}) {
		for _, link := range s.Links {
			seen[link.Via] = true
			if link.Strength != want[link.Via] {
				t.Errorf("%s is %s", link.Via, link.Strength)
			}
		}
	}
	if len(seen) != len(want) {
		t.Errorf("only %v", seen)
	}
}

func TestWhatASessionOrATokenTiesDoesNotDecide(t *testing.T) {
	t.Parallel()
	const attempt = "a | 0s | request_id=q | trace_id=t | token_id=k | session=s | event_name=Policy Evaluation | result=Success\n"
	const ended = "b | 1s | event_name=Token | result=Success | "
	for tie, want := range map[string]audit.FlowOutcome{
		"trace_id=t": audit.Succeeded, "token_id=k": audit.InProgress, "session=s": audit.InProgress, "request_id=q": audit.Succeeded,
	} {
		flows := flow.StitchAll(rows(t, attempt+ended+tie), flow.Rules{Idle: idle})
		if len(flows) != 1 {
			t.Fatalf("%s: %d flows", tie, len(flows))
		}
		f := flows[0].Flow(began, idle)
		if f.Outcome != want || f.LastStage != "Token" || len(f.Records) != 2 {
			t.Errorf("%s: %s at %s with %d records, want %s", tie, f.Outcome, f.LastStage, len(f.Records), want)
		}
	}
	alone := flow.StitchAll(rows(t, ended+"session=s"), flow.Rules{Idle: idle})[0].Flow(began, idle)
	if alone.Outcome != audit.Succeeded || alone.RequestID != "" {
		t.Errorf("alone: %s, request %q", alone.Outcome, alone.RequestID)
	}
}
