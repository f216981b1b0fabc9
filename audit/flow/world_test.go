package flow_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
)

// world is generated records of one org, and the truth about them.
type world struct {
	t        *testing.T
	records  []*audit.Record
	homes    map[string]string            // unique_id → "REQUEST q by TRACE"
	outcomes map[string]audit.FlowOutcome // by request id
	last     map[string]string            // last stage, likewise
	retries  map[string]int
}

// login is an attempt that is being written.
type login struct {
	*world
	name string
	at   time.Duration
	own  []string // the members of its records
}

func (w *world) login(i int, outcome audit.FlowOutcome, own ...string) *login {
	l := &login{world: w, name: fmt.Sprintf("q%04d", i), at: time.Duration(i) * time.Minute}
	l.own = append([]string{fmt.Sprintf("user_id=u%04d", i)}, own...)
	w.outcomes[l.name] = outcome
	return l
}

// step writes a REQUEST record of the attempt a second after the one before.
func (l *login) step(name, result string, members ...string) {
	l.put(name, result, "REQUEST "+l.name+" by REQUEST", append([]string{"request_id=" + l.name}, members...)...)
}

// lost writes a record that lost its request_id and belongs to the attempt by another id.
func (l *login) lost(name, result string, by audit.LinkVia, members ...string) {
	l.put(name, result, fmt.Sprintf("REQUEST %s by %s", l.name, by), append([]string{"request_id="}, members...)...)
}

// stray writes a record that lost its request_id and that nothing ties to its attempt.
func (l *login) stray(name, result, home string, members ...string) {
	last := l.last[l.name]
	l.put(name, result, home, append([]string{"request_id="}, members...)...)
	l.last[l.name] = last
}

func (l *login) put(name, result, home string, members ...string) {
	id := fmt.Sprintf("r%06d", len(l.records))
	if home == "" {
		home = "RECORD " + id + " by RECORD"
	}
	all := append([]string{"event_name=" + name, "result=" + result}, l.own...)
	l.records = append(l.records, record(l.t, id, l.at, append(all, members...)...))
	l.homes[id] = home
	l.last[l.name] = name
	l.at += time.Second
}

// What the sample lacks, each with its truth; i makes its ids its own.
var kindsOfLogin = map[string]func(w *world, i int){
	"only the token ties": func(w *world, i int) {
		l := w.login(i, audit.Succeeded)
		l.step("Policy Evaluation", "Success")
		l.step("Token", "Success", fmt.Sprint("token_id=k", i))
		l.at += 30 * time.Hour
		l.lost("Revocation", "Denied", audit.ViaToken, fmt.Sprint("token_id=k", i), fmt.Sprint("session=elsewhere", i))
	},
	"only the session ties": func(w *world, i int) {
		l := w.login(i, audit.Denied)
		l.step("Authentication Request", "InProgress")
		l.step("Policy Evaluation", "Denied", fmt.Sprint("session=s", i))
		l.at += 14 * time.Minute
		l.lost("Notice", "Sent", audit.ViaSession, fmt.Sprint("session=s", i))
	},
	"a weak record does not decide": func(w *world, i int) {
		l := w.login(i, audit.Abandoned)
		l.step("MFA Challenge", "Create", fmt.Sprint("session=s", i))
		l.lost("Token", "Success", audit.ViaSession, fmt.Sprint("session=s", i))
	},
	"two attempts in one session, one after the other": func(w *world, i int) {
		first, second := w.login(i, audit.Failed), w.login(i+5_000, audit.Succeeded)
		second.at = first.at + 16*time.Minute
		first.own, second.own = []string{fmt.Sprint("session=s", i)}, []string{fmt.Sprint("session=s", i)}
		first.step("MFA Challenge", "Failure")
		first.lost("Notice", "Sent", audit.ViaSession)
		second.step("Token", "Success")
		second.lost("Notice", "Sent", audit.ViaSession)
	},
	"two attempts in one session at once": func(w *world, i int) {
		first, second := w.login(i, audit.Failed), w.login(i+5_000, audit.Succeeded)
		second.at = first.at + time.Second
		first.own, second.own = []string{fmt.Sprint("session=s", i)}, []string{fmt.Sprint("session=s", i)}
		first.step("MFA Challenge", "Failure")
		second.step("Token", "Success")
		second.stray("Token", "Failure", fmt.Sprintf("SESSION s%d by SESSION", i))
	},
	"a trace of every user": func(w *world, i int) {
		l := w.login(i, audit.Succeeded)
		l.step("Token", "Success", "trace_id=everybody's")
		l.stray("Token", "Failure", "", "trace_id=everybody's")
		l.lost("Notice", "Sent", audit.ViaSession, "trace_id=everybody's", fmt.Sprint("session=s", i))
		l.step("Done", "", fmt.Sprint("session=s", i))
	},
	"a trace of two attempts of one user": func(w *world, i int) {
		for n := range 2 {
			l := w.login(i+n*5_000, audit.TimedOut, fmt.Sprint("trace_id=t", i), fmt.Sprint("user_id=u", i))
			l.step("MFA Challenge", "Timeout")
			l.stray("Token", "Success", "")
		}
	},
	"the user recovers, and lost the steps between": func(w *world, i int) {
		l := w.login(i, audit.Succeeded, fmt.Sprint("trace_id=t", i))
		l.step("MFA Challenge", "Create")
		l.lost("MFA Challenge", "Failure", audit.ViaTrace)
		l.lost("MFA Challenge", "failure", audit.ViaTrace)
		l.lost("Token", "SUCCESS", audit.ViaTrace)
		w.retries[l.name] = 2
	},
	"only deprecated stages": func(w *world, i int) {
		l := w.login(i, audit.Succeeded, fmt.Sprint("trace_id=t", i), "stage=Login")
		l.step("", "", "event=Failure")
		l.lost("", "", audit.ViaTrace, "event=Success")
		l.last[l.name] = "Login"
		w.retries[l.name] = 1
	},
	"a clock steps back": func(w *world, i int) {
		l := w.login(i, audit.Denied, fmt.Sprint("trace_id=t", i))
		l.at += 10 * time.Minute
		l.step("Policy Evaluation", "Denied")
		l.at -= 9 * time.Minute
		l.lost("Authentication Request", "InProgress", audit.ViaTrace)
		l.last[l.name] = "Policy Evaluation"
	},
	"a trace comes back later": func(w *world, i int) {
		l := w.login(i, audit.Succeeded, fmt.Sprint("trace_id=t", i))
		l.step("Token", "Success")
		l.at += time.Hour
		l.stray("Token", "Failure", fmt.Sprintf("TRACE t%d by TRACE", i))
	},
	"a session of everybody": func(w *world, i int) {
		l := w.login(i, audit.Succeeded, "session=everybody's")
		for range 40 {
			l.step("Policy Evaluation", "Success")
		}
		l.step("Token", "Success")
		l.stray("Token", "Failure", "")
	},
	"an attempt on thousands of records": func(w *world, i int) {
		if i > 100 {
			return // once is enough
		}
		l := w.login(i, audit.Failed, fmt.Sprint("trace_id=t", i), fmt.Sprint("session=s", i))
		for range 1_300 {
			l.step("MFA Challenge", "Failure")
		}
		w.retries[l.name] = audit.MaxFlowRecords - 1
		l.stray("Token", "Success", "")
	},
}

func newWorld(t *testing.T, each int) *world {
	w := &world{t: t, homes: map[string]string{}, outcomes: map[string]audit.FlowOutcome{}, last: map[string]string{}, retries: map[string]int{}}
	i := 0
	for range each {
		for _, kind := range slices.Sorted(maps.Keys(kindsOfLogin)) {
			kindsOfLogin[kind](w, i)
			i++
		}
	}
	return w
}

func TestWhatTheSampleLacksIsStitchedToo(t *testing.T) {
	t.Parallel()
	const each = 25
	w := newWorld(t, each)
	random := rand.New(rand.NewPCG(1, 2))
	mixed := append(w.records, w.records[:100]...)
	random.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	var placed, outcomes, stages int
	for _, s := range flow.StitchAll(mixed, flow.Rules{Idle: idle}) {
		for _, link := range s.Links {
			id := link.Record.UniqueID
			got := fmt.Sprintf("%s %s by %s", s.Key.Via, s.Key.Value, link.Via)
			if got != w.homes[id] {
				t.Fatalf("%s: %s, want %s; %v", id, got, w.homes[id], s.Conflicts)
			}
			placed++
		}
		if s.Key.Via == audit.ViaRecord && len(s.Conflicts) == 0 {
			t.Errorf("%s stands alone, and does not say why", s.Key.Value)
		}
		if s.RequestID() == "" {
			continue
		}
		f := s.Flow(afterSample, idle)
		outcomes += one(f.Outcome == w.outcomes[f.RequestID] && f.Retries == w.retries[f.RequestID])
		stages += one(f.LastStage == w.last[f.RequestID])
		if t.Failed() || f.Outcome != w.outcomes[f.RequestID] || f.LastStage != w.last[f.RequestID] || f.Retries != w.retries[f.RequestID] {
			t.Fatalf("%.300s\n%s at %s after %d retries, want %s at %s after %d", toldOf(s), f.Outcome, f.LastStage, f.Retries,
				w.outcomes[f.RequestID], w.last[f.RequestID], w.retries[f.RequestID])
		}
	}
	t.Logf("%d of %d records in the right flow; of %d attempts, %d outcomes and %d last stages are right",
		placed, len(w.records), len(w.outcomes), outcomes, stages)
	if cut := 1_300 - audit.MaxFlowRecords; len(w.records)-placed < cut || (len(w.records)-placed)%cut != 0 {
		t.Errorf("%d records are in no flow", len(w.records)-placed)
	}
}
