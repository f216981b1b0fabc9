package flow_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"pgregory.net/rapid"
)

// someRules draw on how many records an id may be, few enough that some are on more.
func someRules(rt *rapid.T) flow.Rules {
	return flow.Rules{Idle: idle}.Crowding(rapid.SampledFrom([]int{2, 3, 4, 6, 100}).Draw(rt, "crowd"))
}

// someWorld draws records that share few ids and few moments, so that every rule
// and every refusal is met often.
func someWorld(t testing.TB, rt *rapid.T) []*audit.Record {
	pick := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(rt, label) }
	records := make([]*audit.Record, rapid.IntRange(1, 24).Draw(rt, "n"))
	for i := range records {
		minute := rapid.SampledFrom([]int{0, 0, 1, 5, 14, 15, 16, 20, 31, 300}).Draw(rt, "minute")
		step := "event_name=" + pick("step", "Token", "Policy Evaluation", "MFA Challenge")
		if pick("age", "new", "new", "old") == "old" {
			step = "stage=" + pick("stage", "Login", "Token")
		}
		records[i] = record(t, fmt.Sprintf("u%02d", i), time.Duration(minute)*time.Minute,
			"org_id="+pick("org", "org-1", "org-1", "org-1", "org-2"),
			"subsystem="+pick("kind", "auth", "auth", "auth", "auth", "api"),
			"request_id="+pick("request", "", "", "q1", "q2", "q3", "q4"),
			"trace_id="+pick("trace", "", "", "t1", "t2", "t3", "t4", "t5"),
			"token_id="+pick("token", "", "", "", "k1", "k2", "k3"),
			"session="+pick("session", "", "", "s1", "s2", "s3"),
			"user_id="+pick("user", "", "", "", "u1", "u1", "u1", "u1", "u2"),
			step, "result="+pick("result", "Success", "Failure", "Denied", "Create"))
	}
	return records
}

// wholeOf returns all flows, told, by org and key.
func wholeOf(rules flow.Rules, records []*audit.Record) map[string]string {
	told := map[string]string{}
	for _, s := range flow.StitchAll(records, rules) {
		told[nameOf(s.Org, s.Key)] = toldOf(s)
	}
	return told
}

func nameOf(org string, key flow.Key) string { return fmt.Sprint(org, " ", key.Via, " ", key.Value) }

func TestFlowsDependOnTheSetOfRecords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rules, records := someRules(rt), someWorld(t, rt)
		want := wholeOf(rules, records)
		repeats := rapid.SliceOfN(rapid.SampledFrom(records), 0, 8).Draw(rt, "repeats")
		got := wholeOf(rules, rapid.Permutation(slices.Concat(records, repeats)).Draw(rt, "order"))
		differ(rt, got, want)
		var placed int
		for _, s := range flow.StitchAll(records, rules) {
			placed += len(s.Links)
		}
		for _, r := range records {
			placed -= one(r.Kind == audit.KindAuth)
		}
		if placed != 0 {
			rt.Fatalf("%d records too many in flows", placed)
		}
	})
}

// A flow stitched from nothing but its neighbourhood is the flow stitched from
// all records, and so is the home of a record.
func TestANeighbourhoodDecidesLikeAllRecords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rules, records := someRules(rt), someWorld(t, rt)
		want := wholeOf(rules, records)
		see := func() []*audit.Record { return records }
		for _, r := range records {
			if r.Kind != audit.KindAuth {
				continue
			}
			n := flow.NewNeighbourhood(r.Org, rules)
			homes := asked(rt, n, flow.MaxRounds, see, func() ([]flow.Key, []flow.ID) { return n.Homes([]*audit.Record{r}) })
			n = flow.NewNeighbourhood(r.Org, rules)
			flows := asked(rt, n, flow.MaxRounds, see, func() ([]*flow.Stitched, []flow.ID) { return n.Stitch(append(homes, flow.AloneKeys(r)...)) })
			if flows[0] == nil || toldOf(flows[0]) != want[nameOf(r.Org, homes[0])] {
				rt.Fatalf("%s: %v\nwant %s", homes[0], flows[0], want[nameOf(r.Org, homes[0])])
			}
			if !slices.ContainsFunc(flows[0].Links, func(l audit.Link) bool { return l.Record.Key() == r.Key() }) {
				rt.Fatalf("%s is not in its home %s", r.UniqueID, toldOf(flows[0]))
			}
			for i, key := range flow.AloneKeys(r) {
				told := ""
				if flows[i+1] != nil {
					told = toldOf(flows[i+1])
				}
				if told != want[nameOf(r.Org, key)] {
					rt.Fatalf("%s: %s\nwant %s", key, told, want[nameOf(r.Org, key)])
				}
			}
		}
	})
}

// Whatever the order and the batches in which records come, and however far the
// store is ahead of who follows it, the flows end as those of all records.
func TestFollowingEndsAsStitchingAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rules, records := someRules(rt), someWorld(t, rt)
		records = append(records, rapid.SliceOfN(rapid.SampledFrom(records), 0, 4).Draw(rt, "repeats")...)
		records = rapid.Permutation(records).Draw(rt, "order")
		batch := rapid.IntRange(1, 6).Draw(rt, "batch")
		ahead := rapid.SampledFrom([]int{0, 0, 1, 3, 30}).Draw(rt, "ahead")
		f := &follower{tb: rt, rules: rules, flows: map[string]*flow.Stitched{}, all: records,
			keep: rapid.Bool().Draw(rt, "keep"), busy: rapid.Bool().Draw(rt, "busy"), remember: rapid.Bool().Draw(rt, "remember")}
		for begin := 0; begin < len(records); begin += batch {
			end := min(begin+batch, len(records))
			f.visible = max(f.visible, min(end+ahead, len(records)))
			for _, org := range []string{"org-1", "org-2"} {
				var changed []*audit.Record
				for _, r := range records[begin:end] {
					if r.Org == org {
						changed = append(changed, r)
					}
				}
				f.follow(org, changed)
			}
			if ahead == 0 && !f.busy {
				differ(rt, f.told(), wholeOf(rules, records[:end]))
			}
		}
		differ(rt, f.told(), wholeOf(rules, records))
	})
}

// Few records in every order there is.
func TestFollowingEveryOrder(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"an attempt on too many records comes into a session": `
			a | 0s  | request_id=p
			b | 1s  | request_id=p
			c | 2s  | request_id=p
			d | 3s  | request_id=p | session=s
			e | 10h | request_id=q | session=s
			f | 10h | session=s`,
		"a trace gets too many records": `
			a | 0s | request_id=q | trace_id=t | token_id=k
			b | 1s | trace_id=t | token_id=k
			c | 1s | trace_id=t
			d | 1s | trace_id=t | session=s
			e | 1s | request_id=q2 | session=s`,
		"a trace gets a second user, and a token a second attempt": `
			a | 0s | request_id=q | trace_id=t | user_id=u1 | token_id=k
			b | 1s | trace_id=t | user_id=u2
			c | 1s | trace_id=t | token_id=k | session=s
			d | 1s | request_id=q2 | token_id=k
			e | 2s | request_id=q2 | session=s`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, records := flow.Rules{Idle: idle}.Crowding(3), rows(t, text)
			want := wholeOf(rules, records)
			permute(records, 0, func() {
				for _, remember := range []bool{false, true} {
					f := &follower{tb: t, rules: rules, flows: map[string]*flow.Stitched{}, all: records, remember: remember}
					for i := range records {
						f.visible = i + 1
						f.follow("org-1", records[i:i+1:i+1])
					}
					differ(t, f.told(), want)
				}
			})
		})
	}
}

// permute calls do for every order of the records from an index on.
func permute(records []*audit.Record, from int, do func()) {
	if from == len(records) {
		do()
		return
	}
	for i := from; i < len(records); i++ {
		records[from], records[i] = records[i], records[from]
		permute(records, from+1, do)
		records[from], records[i] = records[i], records[from]
	}
}

func differ(tb rapid.TB, got, want map[string]string) {
	for name := range want {
		if got[name] != want[name] {
			tb.Fatalf("%s:\n%s\nwant\n%s", name, got[name], want[name])
		}
	}
	for name := range got {
		if want[name] == "" {
			tb.Fatalf("%s is too many:\n%s", name, got[name])
		}
	}
}
