package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestASubscriptionKeepsTheOrderOfManyRecordsAndLosesNone(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	f := follow(t, a, audit.Everyone(), `subscription { authAuditAdded { uniqueId } }`, nil)
	const batches, size = 4, 400 // more than the subscription reads at once
	for batch := range batches {
		var events []string
		for i := range size { // newest first, so that no order of time is that of the feed
			id, clock := fmt.Sprintf("%d-%d", batch, i), fmt.Sprintf("%02d:00:%02d", 23-i%24, 59-i%60)
			events = append(events, step(id, clock, `"event_name":"Token"`))
		}
		a.add(t, events...)
	}
	for n, got := range f.ids(batches * size) {
		if want := fmt.Sprintf("%d-%d", n/size, n%size); got != want {
			t.Fatalf("at %d comes %s instead of %s", n, got, want)
		}
	}
}

func TestRoundTripsDoNotGrowWithTheNodesAskedFor(t *testing.T) {
	t.Parallel()
	a := newAPI(t, deniedAttempts(60)...)
	var listed struct {
		AuthAudits struct {
			Nodes []struct {
				ID                            string
				SessionView, Trace, LoginFlow struct{ ID string }
			}
		}
	}
	a.ask(t, `{ authAudits(search: "denied") { nodes { id sessionView { id } trace { id } loginFlow { id } } } }`, nil, &listed)
	callsFor := func(n int) int {
		var ids []string
		for _, record := range listed.AuthAudits.Nodes[:n] {
			ids = append(ids, record.SessionView.ID, record.ID, record.LoginFlow.ID, record.Trace.ID)
		}
		a.taken()
		var found struct{ Nodes []*struct{ ID string } }
		a.ask(t, `query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Session { startedAt audits { totalCount } }
		  ... on Trace { records { totalCount nodes { uniqueId } } } ... on LoginFlow { own: records { uniqueId sessionView { sessionId } } }
		  ... on AuthAudit { loginFlow { requestId } } } }`, variables{"ids": ids}, &found)
		for i, got := range found.Nodes {
			if got == nil || got.ID != ids[i] {
				t.Fatalf("node %d of %d is %+v", i, len(ids), got)
			}
		}
		return len(a.taken())
	}
	if few, many := callsFor(2), callsFor(50); many > few || many > 12 {
		t.Errorf("8 nodes took %d calls, 200 took %d", few, many)
	}
}

func TestHighlightsAreOfTheTextAsItWasSent(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"Zoë Müller-Lüdenscheidt":  "[Zoë] [Müller]-Lüdenscheidt",
		"ZOE\u0308 mu\u0308ller 🙂": "[ZOE\u0308] [mu\u0308ller] 🙂",
	} {
		a := newAPI(t, step("a", "00:00:00", fmt.Sprintf(`"event_name":"Token","note":%q`, sent)))
		var data struct {
			AuthAudits struct {
				Nodes []struct {
					Highlights []struct {
						Path  string
						Parts []struct {
							Text    string
							Matched bool
						}
					}
				}
			}
		}
		a.ask(t, `{ authAudits(search: "zoe MULLER") { nodes { highlights { path parts { text matched } } } } }`, nil, &data)
		if len(data.AuthAudits.Nodes) != 1 || len(data.AuthAudits.Nodes[0].Highlights) != 1 {
			t.Fatalf("%q: got %+v", sent, data)
		}
		var shown strings.Builder
		for _, part := range data.AuthAudits.Nodes[0].Highlights[0].Parts {
			if part.Matched {
				part.Text = "[" + part.Text + "]"
			}
			shown.WriteString(part.Text)
		}
		if shown.String() != want {
			t.Errorf("%q is shown as %q, want %q", sent, shown.String(), want)
		}
	}
}
