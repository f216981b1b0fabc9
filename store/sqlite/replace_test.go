package sqlite

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/storetest"
)

// replace makes changes that must be accepted.
func replace(t testing.TB, s *Store, changes ...audit.Replacement) {
	t.Helper()
	if err := s.Replace(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
}

// made are changes that make rows.
func made(rows ...*audit.Record) []audit.Replacement {
	changes := make([]audit.Replacement, len(rows))
	for i, row := range rows {
		changes[i].Row = row
	}
	return changes
}

func TestACallReplacesAllOrNothing(t *testing.T) {
	t.Parallel()
	s := openRows(t, t.TempDir())
	rows := storetest.Flows(1, 30)
	replace(t, s, made(rows[:10]...)...)
	end, before := s.feed.seq, state(t, s)
	changes := append(made(rows[10:]...), audit.Replacement{Row: rows[3], Was: "12345"})
	if err := s.Replace(t.Context(), changes); err == nil || audit.AsError(err).Code != audit.Conflict {
		t.Fatalf("got %v", err)
	}
	if now := state(t, s); now != before || s.feed.seq != end {
		t.Errorf("after the conflict the store has\n%s\nand had\n%s", now, before)
	}
}

// state prints every row, its version, and the tally.
func state(t *testing.T, s *Store) string {
	t.Helper()
	page, err := s.Search(t.Context(), everything500())
	if err != nil {
		t.Fatal(err)
	}
	counts, err := s.Count(t.Context(), []audit.Query{everything500()})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, r := range page.Records() {
		fmt.Fprintln(&text, r.Org, r.UniqueID, r.Version)
	}
	return fmt.Sprint(text.String(), counts)
}

func TestRowsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	s := openRows(t, t.TempDir())
	good := storetest.Flows(1, 1)[0]
	with := func(change func(*audit.Stored)) *audit.Record {
		stored := good.Stored()
		change(&stored)
		return storetest.FlowFormat().Restore(stored)
	}
	for want, row := range map[string]*audit.Record{
		"kind":        with(func(s *audit.Stored) { s.Kind = audit.KindAuth }),
		"unique_id":   with(func(s *audit.Stored) { s.UniqueID = "" }),
		"time":        with(func(s *audit.Stored) { s.Time = s.Time.AddDate(400, 0, 0) }),
		"raw":         with(func(s *audit.Stored) { s.Raw += strings.Repeat(" ", 1<<20) }),
		"duration_ms": with(func(s *audit.Stored) { s.Raw = `{"duration_ms":["1","2"]}` + "\n" }),
		"ended_at":    with(func(s *audit.Stored) { s.Raw = `{"ended_at":["soon"]}` + "\n" }),
		"org_id": audit.NewRow(audit.Row{Kind: audit.KindFlow, Org: "b", UniqueID: good.UniqueID, Time: good.Time, Raw: good.Raw,
			Document: good.RowDocument()}),
	} {
		err := s.Replace(t.Context(), made(row))
		if err == nil || audit.AsError(err).Code != audit.BadUserInput || audit.AsError(err).Field != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	if found := search(t, s, everything500()); len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

// TestManyRowsOfOneMillisecondMove fills more slots than a millisecond has, and
// moves the rows to another that is full as well.
func TestManyRowsOfOneMillisecondMove(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openRows(t, dir)
	row := func(i int, milli int64) *audit.Record {
		return storetest.FlowFormat().Restore(audit.Stored{Kind: audit.KindFlow, Org: "o", UniqueID: fmt.Sprintf("r-%03d", i),
			Time: noon.Add(time.Duration(milli) * time.Millisecond), Raw: fmt.Sprintf("{\"user_id\":[\"user-%d\"]}\n", i%3)})
	}
	var changes []audit.Replacement
	for i := range 300 {
		changes = append(changes, audit.Replacement{Row: row(i, int64(i%2))})
	}
	replace(t, s, changes...)
	for round := range 3 {
		page, err := s.Search(t.Context(), everything500())
		if err != nil {
			t.Fatal(err)
		}
		changes = changes[:0]
		for i, r := range page.Records() {
			var number int
			_, _ = fmt.Sscanf(r.UniqueID, "r-%d", &number)
			changes = append(changes, audit.Replacement{Row: row(number, int64((i+round)%3)), Was: r.Version})
		}
		replace(t, s, changes...)
		if found := search(t, s, everything500()); len(found) != 300 {
			t.Fatalf("found %d rows", len(found))
		}
		q := everything500()
		q.Where = query.Exact{Field: query.UserID, Values: []string{"user-1"}}
		if found := search(t, s, q); len(found) != 100 {
			t.Errorf("found %d rows of a user", len(found))
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	checkIntegrity(t, dir)
}

// TestARowMayBeginWithTime is of the first row ids that there are.
func TestARowMayBeginWithTime(t *testing.T) {
	t.Parallel()
	s := openRows(t, t.TempDir())
	at := func(id string, nanos int64) *audit.Record {
		return storetest.FlowFormat().Restore(audit.Stored{Kind: audit.KindFlow, UniqueID: id, Time: time.Unix(0, nanos).UTC(), Raw: "{\"user_id\":[\"u\"]}\n"})
	}
	replace(t, s, made(at("first", 0), at("second", 1))...)
	q := everything500()
	q.Where = query.Exact{Field: query.UserID, Values: []string{"u"}}
	if found := search(t, s, q); strings.Join(found, " ") != "second first" {
		t.Errorf("found %v", found)
	}
	page, err := s.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, s, audit.Replacement{Row: at("first", 2), Was: page.Hits[1].Record.Version}, audit.Replacement{Row: at("second", 1), Was: page.Hits[0].Record.Version, Remove: true})
	if found := search(t, s, q); strings.Join(found, " ") != "first" {
		t.Errorf("found %v", found)
	}
}

// TestTheFeedOfRowsIsInTheOrderOfChanges is what one writer promises beyond what others do.
func TestTheFeedOfRowsIsInTheOrderOfChanges(t *testing.T) {
	t.Parallel()
	s := openRows(t, t.TempDir())
	rows := storetest.Flows(2, 6)
	replace(t, s, made(rows...)...)
	page, err := s.Since(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, s, audit.Replacement{Row: rows[4], Was: page.Records[4].Version}, audit.Replacement{Row: rows[1], Was: page.Records[1].Version})
	page, err = s.Since(t.Context(), "", 100)
	if got, want := ids(page.Records), []string{"f-0", "f-2", "f-3", "f-5", "f-4", "f-1"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("fed %v, want %v: %v", got, want, err)
	}
}

// TestValuesThatNoStringSaysAreFound is of rows whose fields hold what their strings do not.
func TestValuesThatNoStringSaysAreFound(t *testing.T) {
	t.Parallel()
	s := openRows(t, t.TempDir())
	row := func(id, raw string) *audit.Record {
		return storetest.FlowFormat().Restore(audit.Stored{Kind: audit.KindFlow, UniqueID: id, Time: noon, Raw: raw})
	}
	replace(t, s, made(
		row("unsaid", `{"application_name":["Mail","Water Plant"],"user_agent":["Agent Água"],"issuer":["Water Plant"]}`+"\n"),
		row("said", `{"application_name":["Water Plant"],"issuer":["Water Plant"]}`+"\n"+`{"Said":[["app","Water Plant"]]}`+"\n"))...)
	q := everything500()
	for _, c := range []struct {
		node query.Node
		want string
	}{
		{query.Words{Tokens: []string{"water"}}, "said"},
		{query.FieldWords{Field: query.ApplicationName, Tokens: []string{"water", "plant"}}, "unsaid said"},
		{query.FieldWords{Field: query.UserAgent, Tokens: []string{"ag"}, Prefix: true}, "unsaid"},
		{query.FieldValue{Field: query.UserAgent, Value: "agent agua"}, "unsaid"},
		{query.Exact{Field: query.UserAgent, Values: []string{"Agent Água"}}, "unsaid"},
		{query.ExactPrefix{Field: query.Issuer, Prefix: "Wat"}, "unsaid said"},
		{query.FieldValue{Field: query.Issuer, Value: "water plant"}, "unsaid said"},
		{query.Exact{Field: query.ApplicationName, Values: []string{"Mail"}}, "unsaid"},
	} {
		q.Where = c.node
		if found := strings.Join(search(t, s, q), " "); found != c.want {
			t.Errorf("%v finds %q, want %q", c.node, found, c.want)
		}
	}
}
