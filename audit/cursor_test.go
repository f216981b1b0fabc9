package audit_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/authtrail/authtrail/audit"
)

var firstTime, lastTime = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2262, 1, 1, 0, 0, 0, -1, time.UTC)

func times() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		seconds := rapid.Int64Range(firstTime.Unix(), lastTime.Unix()).Draw(t, "seconds")
		return time.Unix(seconds, rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC()
	})
}

func cursors() *rapid.Generator[audit.Cursor] {
	return rapid.Custom(func(t *rapid.T) audit.Cursor {
		c := audit.Cursor{
			Order:    audit.Order{Field: audit.OrderField(rapid.IntRange(0, 1).Draw(t, "order")), Ascending: rapid.Bool().Draw(t, "ascending")},
			Time:     times().Draw(t, "time"),
			Org:      rapid.String().Draw(t, "org"),
			UniqueID: rapid.StringMatching(`[a-zA-Z0-9._-]{1,60}`).Draw(t, "unique_id"),
		}
		c.Kinds = rapid.SampledFrom([][]audit.Kind{nil, {audit.KindAuth}, {audit.KindAPI}, {audit.KindAuth, audit.KindGeneric}}).Draw(t, "kinds")
		if c.Order.Field == audit.ByRelevance {
			c.Score = rapid.Float64().Draw(t, "score")
		}
		return c
	})
}

func TestACursorReadsBackAsItWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := cursors().Draw(t, "cursor")
		text := c.String()
		got, err := audit.ParseCursor(text)
		if err != nil || got.String() != text || got.Order != c.Order || !got.Time.Equal(c.Time) || got.Org != c.Org ||
			got.UniqueID != c.UniqueID || got.Score != c.Score || len(got.Kinds) != len(c.Kinds) {
			t.Fatalf("%s reads as %+v (%v), want %+v", text, got, err, c)
		}
		if strings.ContainsAny(text, " +/=&?#%") {
			t.Fatalf("%s needs escaping in a URL", text)
		}
	})
}

func TestACursorBindsTheSetOfKinds(t *testing.T) {
	t.Parallel()
	auth, api, generic := audit.KindAuth, audit.KindAPI, audit.KindGeneric
	for _, c := range []struct {
		from, to []audit.Kind
		fits     bool
	}{
		{nil, nil, true},
		{nil, []audit.Kind{auth, api, generic}, true},
		{[]audit.Kind{auth, api}, []audit.Kind{api, auth, api}, true},
		{[]audit.Kind{auth}, nil, false},
		{[]audit.Kind{auth}, []audit.Kind{api}, false},
	} {
		hit := audit.Hit{Record: decode(t, bulk(`{}`))}
		cursor, err := audit.ParseCursor(audit.Query{Kinds: c.from}.CursorAt(hit).String())
		if err != nil {
			t.Fatal(err)
		}
		q := audit.Query{Scope: audit.AllOrgs(), Kinds: c.to, Window: audit.Window{Limit: 1, After: &cursor}}
		if fits := q.Validate() == nil; fits != c.fits {
			t.Errorf("a cursor of %v fits %v: %v", c.from, c.to, fits)
		}
	}
}

func TestEveryCorruptionOfACursorIsRefused(t *testing.T) {
	t.Parallel()
	c := audit.Cursor{Time: time.Unix(1_767_322_000, 7), Org: "org", UniqueID: "smp-1", Kinds: []audit.Kind{audit.KindAuth}}
	flow := audit.Cursor{Time: c.Time, Org: "org", UniqueID: "f1", Kinds: []audit.Kind{audit.KindFlow},
		Order: audit.Order{Field: audit.ByDuration}, Number: 4_000}
	parse := func(text string) error { _, err := audit.ParseCursor(text); return err }
	for _, text := range []string{c.String(), flow.String()} {
		if err := parse(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for i := range len(text) {
			for b := range 256 {
				replaced := text[:i] + string([]byte{byte(b)}) + text[i+1:]
				if inserted := text[:i] + string([]byte{byte(b)}) + text[i:]; parse(inserted) == nil {
					t.Fatalf("%q was accepted", inserted)
				}
				if replaced != text && parse(replaced) == nil {
					t.Fatalf("%q was accepted", replaced)
				}
			}
			if parse(text[:i]) == nil || parse(text[i+1:]) == nil {
				t.Fatalf("a part of %q was accepted", text)
			}
		}
	}
}

func TestForeignTextIsNoCursor(t *testing.T) {
	t.Parallel()
	foreign := []string{"", "c1_", "c1_AAAA", "c1", "2026-01-01T00:00:00Z", "now", "null", "Y3Vyc29yOjE=", strings.Repeat("c1_", 1000),
		audit.Cursor{Time: firstTime.Add(-1), UniqueID: "a"}.String(),
		audit.Cursor{Time: time.Unix(math.MaxInt64/2, 0), UniqueID: "a"}.String()}
	for _, text := range foreign {
		_, err := audit.ParseCursor(text)
		if known := audit.AsError(err); err == nil || known.Code != audit.BadUserInput || !strings.Contains(known.Message, "cursor") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add("c1_AAAA")
	f.Add(audit.Cursor{Time: firstTime, UniqueID: "a"}.String())
	f.Add(audit.Cursor{Order: audit.Order{Field: audit.ByRelevance}, Score: 1.5, Time: lastTime, Org: "é"}.String())
	f.Add(audit.Cursor{Order: audit.Order{Field: audit.ByEndedAt}, Time: firstTime, Number: -1}.String())
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := audit.ParseCursor(text); err == nil && c.String() != text {
			t.Errorf("%q reads as the cursor %q", text, c.String())
		}
	})
}

func TestOrderIsTotalAndTheCursorKeepsIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		order := audit.Order{Field: audit.OrderField(rapid.IntRange(0, 1).Draw(t, "by")), Ascending: rapid.Bool().Draw(t, "ascending")}
		row := func(name string) audit.Hit {
			r := &audit.Record{Time: firstTime.Add(time.Duration(rapid.IntRange(0, 1).Draw(t, name))),
				Org: rapid.SampledFrom([]string{"", "a"}).Draw(t, name), UniqueID: rapid.SampledFrom([]string{"1", "2"}).Draw(t, name)}
			hit := audit.Hit{Record: r}
			if order.Field == audit.ByRelevance {
				hit.Score = rapid.SampledFrom([]float64{0, 1}).Draw(t, name)
			}
			return hit
		}
		a, b := row("a"), row("b")
		if order.Compare(a, b) != -order.Compare(b, a) {
			t.Fatalf("a against b is %d, b against a %d", order.Compare(a, b), order.Compare(b, a))
		}
		if (order.Compare(a, b) == 0) != (a.Score == b.Score && a.Record.Key() == b.Record.Key() && a.Record.Time.Equal(b.Record.Time)) {
			t.Fatal("different rows in the same place")
		}
		if cursor := (audit.Query{Order: order}).CursorAt(b); cursor.Compare(a) != order.Compare(a, b) {
			t.Fatal("the cursor of a row lies elsewhere than the row")
		}
	})
}
