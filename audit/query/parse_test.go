package query

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func wordsOf(tokens ...string) Words { return Words{Tokens: tokens} }

func TestSearchesParseToTrees(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	network := func(text string) Network { return Network{Field: SourceIP, Prefix: netip.MustParsePrefix(text)} }
	a, b, c, d := wordsOf("a"), wordsOf("b"), wordsOf("c"), wordsOf("d")
	for input, want := range map[string]Node{
		"":                              All{},
		" \t\n\u00a0":                   All{},
		"*":                             All{},
		"-*":                            None{},
		"payroll":                       wordsOf("payroll"),
		"Päyroll":                       wordsOf("payroll"),
		"payroll denied":                And{[]Node{wordsOf("payroll"), wordsOf("denied")}},
		`"identity provider"`:           wordsOf("identity", "provider"),
		`"say \"hi\" \\ \n"`:            wordsOf("say", "hi", "n"),
		`"identity prov"*`:              Words{Tokens: []string{"identity", "prov"}, Prefix: true},
		`"fire*"`:                       wordsOf("fire"),
		"fire*":                         Words{Tokens: []string{"fire"}, Prefix: true},
		`fire\*`:                        wordsOf("fire"),
		"10.1*":                         Words{Tokens: []string{"10", "1"}, Prefix: true},
		"person7@*":                     wordsOf("person7"),      // the star cannot lengthen a word that has ended
		`"time>=2026"`:                  wordsOf("time", "2026"), // as text, where a colon was not forgotten
		"page?user=a":                   wordsOf("page", "user", "a"),
		"foo=bar":                       wordsOf("foo", "bar"),
		"foo-bar":                       wordsOf("foo", "bar"),
		"126.0.0.1":                     wordsOf("126", "0", "0", "1"),
		"and or not":                    And{[]Node{wordsOf("and"), wordsOf("or"), wordsOf("not")}},
		`"AND" \OR`:                     And{[]Node{wordsOf("and"), wordsOf("or")}},
		"-a":                            Not{a},
		"NOT a":                         Not{a},
		"NOT -a":                        a,
		"NOT NOT NOT a":                 Not{a},
		"--a":                           a, // as text, or as a double not: the same
		`\-a`:                           a,
		"a-b":                           wordsOf("a", "b"),
		"a -b":                          And{[]Node{a, Not{b}}},
		`-"a b"`:                        Not{wordsOf("a", "b")},
		"-(a b)":                        Not{And{[]Node{a, b}}},
		"a AND b":                       And{[]Node{a, b}},
		"a b OR c d":                    Or{[]Node{And{[]Node{a, b}}, And{[]Node{c, d}}}},
		"a (b OR c) d":                  And{[]Node{a, Or{[]Node{b, c}}, d}},
		"a OR -b AND c":                 Or{[]Node{a, And{[]Node{Not{b}, c}}}},
		"(a)(b)":                        And{[]Node{a, b}},
		"((a (b (c))))":                 And{[]Node{a, b, c}},
		"a OR (b OR (c OR a))":          Or{[]Node{a, b, c}},
		"a * a":                         a,
		"a -* b":                        None{},
		"a OR -*":                       a,
		"a OR *":                        Or{[]Node{a, All{}}},
		"result:Denied":                 FieldValue{Field: Result, Value: "denied"},
		"-result:Denied":                Not{FieldValue{Field: Result, Value: "denied"}},
		`result:"Do* (Mfa)"`:            FieldValue{Field: Result, Value: "do* (mfa)"},
		`result:"do m"*`:                FieldValue{Field: Result, Value: "do m", Prefix: true},
		`result:do\*`:                   FieldValue{Field: Result, Value: "do*"},
		`result:do\ mf*`:                FieldValue{Field: Result, Value: "do mf", Prefix: true},
		`result:\(x\)`:                  FieldValue{Field: Result, Value: "(x)"},
		"result:*":                      Has{Result},
		"result:---":                    FieldValue{Field: Result, Value: "---"},
		"trace_id:a:b":                  FieldValue{Field: TraceID, Value: "a:b"},
		`token_id:DOM\u`:                FieldValue{Field: TokenID, Value: `dom\u`},
		`token_id:"DOM\u"`:              FieldValue{Field: TokenID, Value: `dom\u`},
		`token_id:a\\b`:                 FieldValue{Field: TokenID, Value: `a\b`},
		"token_id:>=1":                  FieldValue{Field: TokenID, Value: ">=1"},
		"token_id:10.0.0.0/8":           FieldValue{Field: TokenID, Value: "10.0.0.0/8"},
		"unique_id:smp-1":               FieldValue{Field: UniqueID, Value: "smp-1"},
		"attribute_id:x":                FieldValue{Field: AttributeID, Value: "x"},
		"user:p7*":                      Or{[]Node{FieldValue{UserID, "p7", true}, FieldValue{UpstreamUserID, "p7", true}}},
		"org:o idp:i":                   And{[]Node{FieldValue{Field: OrgID, Value: "o"}, FieldValue{Field: UpstreamIDP, Value: "i"}}},
		"event:x":                       Or{[]Node{FieldValue{Field: EventName, Value: "x"}, FieldValue{Field: Event, Value: "x"}}},
		"app:vpn":                       FieldWords{Field: ApplicationName, Tokens: []string{"vpn"}},
		`app:"VPN Gate"`:                FieldWords{Field: ApplicationName, Tokens: []string{"vpn", "gate"}},
		"user_agent:Chrome/13*":         FieldWords{Field: UserAgent, Tokens: []string{"chrome", "13"}, Prefix: true},
		"user_agent:*":                  Has{UserAgent},
		"ip:10.0.0.1":                   network("10.0.0.1/32"),
		"source_ip:::ffff:a00:1/128":    network("10.0.0.1/32"),
		"source_ip:::ffff:10.0.0.1":     network("10.0.0.1/32"),
		"source_ip:::ffff:10.0.0.0/104": network("10.0.0.0/8"),
		"source_ip:10.1.2.3/8":          network("10.0.0.0/8"),
		`source_ip:"10.0.0.0/8"`:        network("10.0.0.0/8"),
		"source_ip:2001:DB8:0::/32":     network("2001:db8::/32"),
		"source_ip:FE80::1%eth0":        network("fe80::1/128"),
		"source_ip:10.*":                FieldValue{SourceIP, "10.", true},
		"source_ip:10.0.0.1*":           FieldValue{SourceIP, "10.0.0.1", true},
		"source_ip:unknown":             FieldValue{Field: SourceIP, Value: "unknown"},
		`source_ip:"n/a"`:               FieldValue{Field: SourceIP, Value: "n/a"},
		"has:session":                   Has{Session},
		`has:"session"`:                 Has{Session},
		"has:ip":                        Has{SourceIP},
		"has:user":                      Or{[]Node{Has{UserID}, Has{UpstreamUserID}}},
		"has:time":                      All{},
		"-has:time":                     None{},
		"has:extra.device.os":           HasExtra{"device.os"},
		`has:extra.a\ b:c`:              HasExtra{"a b:c"},
		"extra.device.os:Linux":         ExtraValue{Path: "device.os", Value: "linux"},
		"extra.device.os:Lin*":          ExtraValue{"device.os", "lin", true},
		"extra.device.os:*":             HasExtra{"device.os"},
		`extra.a\ b\:c*d:"x y"`:         ExtraValue{Path: "a b:c*d", Value: "x y"},
		"time:*":                        All{},
		"time:>=2026-11-01":             TimeRange{From: day},
		"time:>2026-11-01":              TimeRange{From: day.AddDate(0, 0, 1)},
		"time:<2026-11-01":              TimeRange{To: day},
		"time:<=2026-11-01":             TimeRange{To: day.AddDate(0, 0, 1)},
		"time:2026-11-01":               TimeRange{From: day, To: day.AddDate(0, 0, 1)},
		"time:today-4days":              TimeRange{From: day, To: day.AddDate(0, 0, 1)},
		"time:>2026-11-01T00:00Z":       TimeRange{From: day.Add(1)},
		"time:<=2026-11-01T00:00Z":      TimeRange{To: day.Add(1)},
		"time:2026-11-01T00:00Z":        TimeRange{From: day, To: day.Add(1)},
		`time:>="5 days ago"`:           TimeRange{From: testNow.AddDate(0, 0, -5)},
		`time:">= now - 5 days"`:        TimeRange{From: testNow.AddDate(0, 0, -5)},
		"time:>=now-5days":              TimeRange{From: testNow.AddDate(0, 0, -5)},
		"time:>=2026-11-01 a time:<2026-11-03 time:<2026-11-02": And{[]Node{TimeRange{day, day.AddDate(0, 0, 1)}, a}},
		"time:<=2261-12-31": All{},
		"time:>2261-12-31":  None{},
		"time:2261-12-31":   TimeRange{From: time.Date(2261, 12, 31, 0, 0, 0, 0, time.UTC)},
	} {
		got, err := Parse(input, testNow)
		if err != nil {
			t.Errorf("%s: %v", input, err)
			continue
		}
		if !Equal(got, want) {
			t.Errorf("%s\nparses to %#v\n     want %#v", input, got, want)
		}
		checkRoundTrip(t, got)
	}
}

func TestMistakesAreExplainedWhereTheyAre(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("(", MaxNested+1) + "a" + strings.Repeat(")", MaxNested+1)
	many := strings.Repeat("ab ", MaxNodes+1)
	for _, test := range []struct {
		input   string
		column  int
		message string
	}{
		{`payroll foo:bar`, 9, `unknown field "foo"; to search for the text, put it in quotes: "foo:bar"`},
		{`é reslut:denied`, 3, `perhaps you meant "result"; to search for the text`},
		{`userId:x`, 1, `perhaps you meant "user_id"`},
		{`Result:x`, 1, `perhaps you meant "result"`},
		{`a time>=2026-11-01`, 3, `a colon is missing after time; perhaps you meant time:>=2026-11-01; to search for the text, put it in quotes: "time>=2026-11-01"`},
		{`result=denied`, 1, `perhaps you meant result:denied;`},
		{`user>b`, 1, `perhaps you meant user:b;`},
		{`-extra.os=linux`, 2, `perhaps you meant extra.os:linux;`},
		{`outcome:failed`, 1, `unknown field "outcome"; login flows have it: search those, in a terminal with authtrail search --flows;`},
		{`https://x.example`, 1, `put it in quotes: "https://x.example"`},
		{`device.os:linux`, 1, `an additional property is written extra.device.os:linux`},
		{`2001:db8::1`, 1, `write source_ip:2001:db8::1`},
		{`:x`, 1, `no field before this colon`},
		{`extra.:x`, 1, `unknown field "extra."`},
		{`result:`, 8, `write has:result`},
		{`result:""`, 8, `expected a value after result:`},
		{`extra.a: b`, 9, `write has:extra.a`},
		{`result:"\u0301`, 8, `never closed`},
		{"result:\u0301", 8, `no letters or digits`},
		{"extra.a:\u0301", 9, `no letters or digits`},
		{`app:"--"`, 5, `"--" has no letters or digits to search for`},
		{`a ---`, 3, `--- has no letters or digits to search for`},
		{`"!!"`, 1, `"!!" has no letters or digits`},
		{`a && b`, 3, `the operator is written AND`},
		{`a - b`, 3, `no letters or digits`},
		{`fo*o`, 3, `only at the end of a word`},
		{`*fox`, 1, `only at the end of a word`},
		{`user:a*@b`, 7, `only at the end of a word`},
		{`a "b`, 3, `never closed`},
		{`user:"b\"`, 6, `never closed`},
		{`a (b`, 3, `never closed`},
		{`a)`, 2, `closes nothing`},
		{`)`, 1, `before ")"`},
		{`a ()`, 4, `before ")"`},
		{`a OR`, 5, `the search ends here`},
		{`-(`, 3, `the search ends here`},
		{`NOT`, 4, `the search ends here`},
		{`OR a`, 1, `before OR; to search for the word itself, write "OR"`},
		{`a AND OR b`, 7, `before OR`},
		{`source_ip:10.0.0.0/33`, 11, `"10.0.0.0/33" is no network`},
		{`ip:n/a`, 4, `is no network`},
		{`ip:n/*`, 4, `is no network`},
		{`has:`, 5, `for example has:session`},
		{`has:session*`, 5, `expected the name of a field`},
		{`has:sesion`, 5, `unknown field "sesion"; perhaps you meant "session"`},
		{`has:device`, 5, `has:extra.device`},
		{`time:`, 6, `expected a time`},
		{`time:>=`, 6, `expected a time after time:>=`},
		{`time:<>now`, 6, `unknown comparison "<>"`},
		{`time:>=soon`, 6, `unreadable time "soon"; expected one like`},
		{`time:1969-12-31`, 6, `out of range`},
		{`time:2026-11*`, 6, `takes no *`},
		{"a \xff", 3, `UTF-8`},
		{deep, MaxNested + 1, `more than 32 groups`},
		{many, MaxNodes*3 + 1, `more than 256 parts`},
		{strings.Repeat("a", MaxBytes+1), MaxBytes + 1, `at most 4096 bytes, and this one 4097`},
		{strings.Repeat("é", MaxBytes), MaxBytes/2 + 1, `at most 4096 bytes`},
	} {
		n, err := Parse(test.input, testNow)
		var mistake *SyntaxError
		if !errors.As(err, &mistake) {
			t.Errorf("%s: got %v and %v, want an error", test.input, n, err)
			continue
		}
		if mistake.Column != test.column || !strings.Contains(mistake.Message, test.message) {
			t.Errorf("%s: got %v, want column %d: … %s", test.input, err, test.column, test.message)
		}
		if n := utf8.RuneCountInString(test.input[:mistake.Offset]) + 1; n != mistake.Column {
			t.Errorf("%s: offset %d is column %d, not %d", test.input, mistake.Offset, n, mistake.Column)
		}
	}
}

func TestWhatIsJustWithinTheBoundsParses(t *testing.T) {
	t.Parallel()
	for _, input := range []string{
		strings.Repeat("a", MaxBytes),
		strings.Repeat("(", MaxNested) + "a" + strings.Repeat(")", MaxNested),
		strings.Repeat("(a) ", MaxNodes/2),
		strings.Repeat("NOT ", 1000) + "a",
	} {
		if _, err := Parse(input, testNow); err != nil {
			t.Errorf("%.40s…: %v", input, err)
		}
	}
}

func TestErrorsBeginWithTheColumn(t *testing.T) {
	t.Parallel()
	_, err := Parse("payroll foo:bar", testNow)
	const want = `column 9: unknown field "foo"; to search for the text, put it in quotes: "foo:bar"`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
