package insight_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/insight"
)

func TestBaselineIsTheUsersLastSuccessBefore(t *testing.T) {
	t.Parallel()
	at := func(id, org, user, upstream string, outcome audit.FlowOutcome, minute int) *audit.Flow {
		return &audit.Flow{ID: id, Org: org, UserID: user, UpstreamUserID: upstream, Outcome: outcome, StartedAt: began.Add(time.Duration(minute) * time.Minute)}
	}
	among := at("two users", "org-1", "other", "o@x", audit.Succeeded, 7)
	among.Records = []*audit.Record{recordOfUser(t, "ann")}
	flows := fakeFlows{
		at("old", "org-1", "ann", "a@x", audit.Succeeded, 1),
		at("good", "org-1", "ann", "a@x", audit.Succeeded, 2),
		at("bad", "org-1", "ann", "a@x", audit.Denied, 3),
		at("elsewhere", "org-2", "ann", "a@x", audit.Succeeded, 4),
		at("upstream", "org-1", "", "a@x", audit.Succeeded, 5),
		at("unlucky", "org-1", "bob", "b@x", audit.Failed, 6),
		among,
		at("now", "org-1", "ann", "a@x", audit.Succeeded, 10),
		at("later", "org-1", "ann", "a@x", audit.Succeeded, 11),
	}
	for _, test := range []struct {
		name string
		a    *audit.Flow
		want string
		why  insight.Baseline
	}{
		{"the last before", at("x", "org-1", "ann", "a@x", audit.Denied, 10), "good", insight.LastSucceeded},
		{"by the upstream id where no other is known", at("x", "org-1", "", "a@x", audit.Denied, 10), "upstream", insight.LastSucceeded},
		{"in the same org", at("x", "org-2", "ann", "a@x", audit.Denied, 10), "elsewhere", insight.LastSucceeded},
		{"only before", at("x", "org-1", "ann", "a@x", audit.Denied, 1), "", insight.NoneSucceeded},
		{"only success", at("x", "org-1", "bob", "b@x", audit.Denied, 10), "", insight.NoneSucceeded},
		{"nobody", at("x", "org-1", "", "", audit.Denied, 10), "", insight.UserUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b, why, err := insight.FindBaseline(t.Context(), flows, test.a)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if b != nil {
				got = b.ID
			}
			if got != test.want || why != test.why {
				t.Errorf("%q, %s; want %q, %s", got, why, test.want, test.why)
			}
		})
	}
}

func recordOfUser(t *testing.T, user string) *audit.Record {
	t.Helper()
	r, err := audit.DecodeEvent(fmt.Appendf(nil, `{"unique_id":"r","create_time":"2026-11-01T00:00:00Z","event":{"subsystem":"auth","user_id":%q}}`, user), "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// inPages gives so many rows at a time at most, as a store does where rows are large.
type inPages struct {
	fakeFlows
	most int
}

func (f inPages) Search(_ context.Context, q audit.Query) (audit.Page, error) {
	var page audit.Page
	for _, row := range f.rows(q) {
		if hit := (audit.Hit{Record: row}); q.Window.After == nil || q.Window.After.Compare(hit) > 0 {
			page.Hits = append(page.Hits, hit)
		}
	}
	slices.SortFunc(page.Hits, q.Order.Compare)
	most := min(f.most, q.Window.Limit)
	page.HasNext = len(page.Hits) > most
	page.Hits = page.Hits[:min(most, len(page.Hits))]
	return page, q.Validate()
}

func TestBaselineIsFoundBehindFlowsThatOnlyNameTheUser(t *testing.T) {
	t.Parallel()
	named := []*audit.Record{recordOfUser(t, "ann")}
	at := func(id, user string, second int) *audit.Flow {
		return &audit.Flow{ID: id, Org: "org-1", UserID: user, Outcome: audit.Succeeded, StartedAt: began.Add(time.Duration(second) * time.Second)}
	}
	for _, test := range []struct {
		name         string
		others, page int
		want         insight.Baseline
	}{
		{"a page of one row", 1, 1, insight.LastSucceeded},
		{"several pages", 40, 7, insight.LastSucceeded},
		{"the last that is looked at", insight.MaxBaselineCandidates - 1, audit.MaxPageSize, insight.LastSucceeded},
		{"more than are looked at", insight.MaxBaselineCandidates, audit.MaxPageSize, insight.NoneSucceeded},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			flows := inPages{fakeFlows{at("good", "ann", 0)}, test.page}
			for i := range test.others {
				other := at(fmt.Sprintf("other-%d", i), "bob", 1+i)
				other.Records = named
				flows.fakeFlows = append(flows.fakeFlows, other)
			}
			b, why, err := insight.FindBaseline(t.Context(), flows, at("x", "ann", 1+test.others))
			if err != nil || why != test.want || (b != nil && b.ID == "good") != (test.want == insight.LastSucceeded) {
				t.Errorf("got %+v, %s, %v; want %s", b, why, err, test.want)
			}
		})
	}
}
