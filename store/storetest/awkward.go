package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func awkwardGroup() group {
	return group{name: "awkward records", records: awkward, checks: []check{
		{"come back as they were", checkRoundTrip},
		{"are found by their words", checkAwkwardWords},
		{"are found by huge values", checkHugeValues},
		{"lie where their times say", checkExtremeTimes},
		{"answer every kind of question", checkAwkwardNodes},
	}}
}

var (
	hugeValue = strings.Repeat("x", 20_000) + " É " + strings.Repeat("y", 20_000)
	firstTime = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	lastTime  = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC).Add(-1)
)

// awkward are records that are as hard to hold as records can be.
func awkward() []*audit.Record {
	plain := func(id, event string) *audit.Record {
		return decode(fmt.Sprintf(`{"unique_id":%q,"create_time":"2026-03-01T06:00:00Z","event":%s}`, id, event), "org-a")
	}
	var many []string
	for i := range 200 {
		many = append(many, fmt.Sprintf(`"extra-%d":%d,"extra-s-%d":"sought-%d"`, i, i, i, i))
	}
	return []*audit.Record{
		plain("empty", `{}`),
		plain("empty-strings", `{"event_name":"","user_id":"","session":"","org_id":"","x":"","y":{"":""}}`),
		plain("duplicate-names", `{"a":"first","a":"second","user_id":"u1","user_id":"u2","d":{"k":"v1","k":"v2"}}`),
		plain("mistyped", `{"event_name":"T","user_id":7,"session":["s"],"time":12,"source_ip":{"v4":"10.0.0.1"},"result":null}`),
		plain("numbers", `{"n":12345678901234567890.123,"m":-0.0,"e":1E400,"list":[1,[2,[3.50]]],"b":[true,false,null]}`),
		plain("spaces", "{ \"a\" :\t[ 1 ,\n2 ] ,\r\n \"b\" : { } }"),
		plain("surrogates", `{"s":"before \ud800 after","t":"\ud83d\ude00","user_id":"\udc00"}`),
		plain("nul", `{"user_id":"nul\u0000user","s":"left\u0000right","\u0000":"named","event_name":"\u0000"}`),
		plain("controls", `{"s":"bell\u0007 tab\t newline\n del\u007f bom\ufeff zwj\u200d","user_id":"\n"}`),
		plain("nfc", `{"user_id":"`+"\u00e9lodie Zo\u00eb"+`","s":"café `+"\u1e9b\u0323"+`"}`),
		plain("nfd", `{"user_id":"`+"e\u0301lodie Zoe\u0308"+`"}`),
		plain("cjk", `{"user_id":"田中太郎","s":"東京 물 ガス ｶﾞｽ 한국어"}`),
		plain("emoji", `{"user_id":"👩‍👩‍👧 family","s":"denied 🚫 🇩🇪"}`),
		plain("rtl", `{"user_id":"محمد علي","s":"שָׁלוֹם עולם"}`),
		plain("turkish", `{"user_id":"İSTANBUL ısı","s":"DIŞ straße ẞ"}`),
		plain("wide", `{"user_id":"ＡＢＣ１２３","s":"ﬁle ① ² ½ Ⅳ"}`),
		plain("sigma", `{"s":"ΟΔΟΣ οδός"}`),
		plain("quotes", `{"user_id":"it's \"quoted\" \\ (a OR b) * -c","s":"' OR 1=1 --; DROP TABLE x"}`),
		plain("huge-user", `{"user_id":`+quote(hugeValue)+`,"event_name":"Huge"}`),
		plain("huge-extra", `{"blob":"`+strings.Repeat("lorem ipsum ", 500<<10/12)+`needle"}`),
		plain("long-word", `{"s":"`+strings.Repeat("w", 300)+`","k":{"`+strings.Repeat("n", 1500)+`":"deep name"}}`),
		plain("many", `{`+strings.Join(many, ",")+`}`),
		plain("deep", `{"d":`+strings.Repeat(`{"d":[`, 150)+`"bottomless"`+strings.Repeat(`]}`, 150)+`}`),
		plain("beside", `{"a":1},"sender_note":{"k":"unseen"},"z":"x"`),
		decode(`{"unique_id":"late","create_time":"2026-03-01T08:00:00+02:00","event":{"time":"2026-03-01T05:00:00.123456789-01:00"}}`, ""),
		decode(`{"unique_id":"`+strings.Repeat("u", 512)+`","create_time":"2026-03-01T06:00:00Z","event":{}}`, strings.Repeat("o", 2_000)),
		plain("attributes", `{"api_name":"a","audit_attributes":[{"attribute_id":"é\u0000","attribute_org_id":"","more":[1,{"x":"attributed"}]},{}]}`),
		plain("attributes-none", `{"api_name":"a","audit_attributes":[]}`),
		plain("attributes-bad", `{"api_name":"a","audit_attributes":[{"attribute_id":1},"x"]}`),
		event("first", firstTime, ""), event("first-and-a-bit", firstTime.Add(1), ""), event("last", lastTime, ""),
		event("last-but-a-bit", lastTime.Add(-1), ""), event("before-2000", time.Date(1999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), ""),
	}
}

func checkRoundTrip(t testing.TB, s *subject) {
	if err := s.search(everything); err != nil {
		t.Error(err)
	}
	ctx := context.Background()
	for _, want := range s.Oracle {
		key := audit.LookupKey{Org: want.Org, Value: want.UniqueID}
		pages, err := s.Store.Lookup(ctx, audit.Lookup{Scope: audit.AllOrgs(), Field: query.UniqueID, Keys: []audit.LookupKey{key},
			Window: audit.Window{Limit: 2}})
		if err != nil || len(pages) != 1 {
			t.Fatalf("look up %s: %d pages, %v", want.UniqueID, len(pages), err)
		}
		if err := differ(pages[0].Records(), []*audit.Record{want}); err != nil {
			t.Errorf("look up %s: %v", want.UniqueID, err)
		}
	}
	fed, err := s.Since(ctx, "", len(s.Oracle)+1)
	if err == nil {
		err = differ(sorted(fed.Records), sorted(s.Oracle))
	}
	if err != nil {
		t.Errorf("from the feed: %v", err)
	}
}

func checkAwkwardWords(t testing.TB, s *subject) {
	for search, id := range map[string]string{
		"élodie": "nfc", `"ELODIE ZOE"`: "nfd", "cafe": "nfc", "田中太郎": "cjk", "東*": "cjk", "물": "cjk", "ガス": "cjk", "한국어": "cjk",
		"family": "emoji", "محمد": "rtl", "שלום": "rtl", "istanbul": "turkish", "ısı": "turkish", "dis": "turkish", "straße": "turkish",
		"abc123": "wide", "ABC１２３": "wide", "file": "wide", "οδοσ": "sigma", "quoted": "quotes", `"drop table x"`: "quotes",
		"needle": "huge-extra", `"ipsum needle"`: "huge-extra", strings.Repeat("w", 64): "long-word", strings.Repeat("w", 299): "long-word",
		`"deep name"`: "long-word", "sought*": "many", `"sought 137"`: "many", "bottomless": "deep", "attributed": "attributes",
		"left": "nul", `"left right"`: "nul", "named": "nul", "after": "surrogates", "bell": "controls", "first": "duplicate-names",
		"second": "duplicate-names", "v1": "duplicate-names", strings.Repeat("u", 512): strings.Repeat("u", 512),
	} {
		s.expectFound(t, search, id)
	}
	for _, search := range []string{"unseen", "sender_note", "extra", "12345678901234567890", "true", "null", `"second first"`} {
		if err := s.searchText(search); err != nil {
			t.Error(err)
		}
	}
}

// expectFound checks a search against the oracle, and that the oracle finds the record.
func (s *subject) expectFound(t testing.TB, search, uniqueID string) {
	t.Helper()
	node, err := query.Parse(search, epoch)
	if err != nil {
		t.Errorf("parse %s: %v", search, err)
		return
	}
	s.expectMatch(t, node, uniqueID)
}

// expectMatch checks a node against the oracle, and that the oracle finds the record.
func (s *subject) expectMatch(t testing.TB, node query.Node, uniqueID string) {
	t.Helper()
	found := false
	for _, r := range s.Matching(where(node)) {
		found = found || r.UniqueID == uniqueID
	}
	if !found {
		t.Errorf("the check is wrong: %.200s does not match %.100s", node, uniqueID)
	}
	if err := s.search(where(node)); err != nil {
		t.Error(err)
	}
}

func (s *subject) searchText(search string) error {
	node, err := query.Parse(search, epoch)
	if err != nil {
		return fmt.Errorf("parse %s: %w", search, err)
	}
	return s.search(where(node))
}

func checkHugeValues(t testing.TB, s *subject) {
	folded := query.Fold(hugeValue)
	for _, node := range []query.Node{
		exact(query.UserID, hugeValue),
		query.ExactPrefix{Field: query.UserID, Prefix: hugeValue[:30_000]},
		query.ExactPrefix{Field: query.UserID, Prefix: hugeValue},
		query.FieldValue{Field: query.UserID, Value: folded},
		query.FieldValue{Field: query.UserID, Value: folded[:35_000], Prefix: true},
	} {
		s.expectMatch(t, node, "huge-user")
	}
	for _, value := range []string{hugeValue[:40_000], hugeValue + "y", strings.Replace(hugeValue, "É", "E", 1)} {
		if err := s.search(where(exact(query.UserID, value))); err != nil {
			t.Error(err)
		}
	}
	blob := strings.Repeat("lorem ipsum ", 500<<10/12) + "needle"
	s.expectMatch(t, query.ExtraValue{Path: "blob", Value: blob}, "huge-extra")
	s.expectMatch(t, query.ExtraValue{Path: "blob", Value: blob[:100_000], Prefix: true}, "huge-extra")
	s.expectMatch(t, query.ExtraValue{Path: "extra-199", Value: "199"}, "many")
	s.expectMatch(t, query.HasExtra{Path: "d" + strings.Repeat(".d", 150)}, "deep")
	s.expectMatch(t, query.ExtraValue{Path: "k", Value: "deep name"}, "long-word")
}

func checkExtremeTimes(t testing.TB, s *subject) {
	for _, r := range []query.TimeRange{
		{To: firstTime.Add(1)}, {From: firstTime, To: firstTime.Add(2)}, {From: firstTime.Add(1), To: epoch}, {From: lastTime},
		{From: lastTime.Add(-1), To: lastTime}, {From: epoch, To: lastTime}, {From: epoch.Add(1)}, {To: epoch},
		{From: lastTime.Add(1)}, {To: firstTime}, {From: epoch, To: epoch}, {From: lastTime, To: firstTime},
	} {
		if err := s.walkBoth(where(r), 3); err != nil {
			t.Error(err)
		}
	}
}

func checkAwkwardNodes(t testing.TB, s *subject) {
	for _, node := range []query.Node{
		exact(query.UserID, "nul\x00user"), exact(query.UserID, "nul"), exact(query.UserID, ""), exact(query.UserID, "\ufffd"),
		query.ExactPrefix{Field: query.UserID, Prefix: "nul\x00"}, query.ExactPrefix{Field: query.UserID, Prefix: ""},
		exact(query.EventName, "\x00"), exact(query.AttributeID, "é\x00"), query.Attribute{OrgIDs: []string{""}}, query.Attribute{},
		query.FieldValue{Field: query.UserID, Value: "\n"}, query.FieldValue{Field: query.UserID, Value: ""},
		query.FieldValue{Field: query.UserID, Prefix: true}, query.Has{Field: query.UserID}, query.Has{Field: query.EventName},
		exact(query.UserID, "\u00e9lodie Zo\u00eb"), exact(query.UserID, "e\u0301lodie Zoe\u0308"),
		query.FieldValue{Field: query.UserID, Value: query.Fold("Élodie zoë")}, query.FieldValue{Field: query.UserID, Value: "istanbul ısı"},
		query.ExtraValue{Path: "n", Value: "12345678901234567890.123"}, query.ExtraValue{Path: "list", Value: "3.50"},
		query.ExtraValue{Path: "b", Value: "true"}, query.ExtraValue{Path: "b", Value: "null"}, query.ExtraValue{Path: "e", Value: "1e400"},
		query.ExtraValue{Path: "\x00", Value: "named"}, query.HasExtra{Path: "x"}, query.HasExtra{Path: "y"}, query.HasExtra{Path: "y."},
		query.ExtraValue{Path: "x", Value: ""}, query.ExtraValue{Path: "a", Value: "first"}, query.ExtraValue{Path: "d.k", Value: "v1"},
		query.ExtraValue{Path: "source_ip.v4", Value: "10.0.0.1"}, query.ExtraValue{Path: "user_id", Value: "7"}, query.HasExtra{Path: "time"},
		query.ExtraValue{Path: "s", Value: query.Fold("' OR 1=1 --; DROP TABLE x")}, query.HasExtra{Path: "no.such.path"},
		exact(query.OrgID, strings.Repeat("o", 2_000)), exact(query.UniqueID, "EMPTY"), exact(query.UniqueID, "empty"),
	} {
		if err := s.search(where(node)); err != nil {
			t.Error(err)
		}
	}
}
