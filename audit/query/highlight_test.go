package query

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// marked puts brackets around the highlights.
func marked(n Node, path, text string) string {
	var b strings.Builder
	at := 0
	for _, span := range Highlight(n, path, text) {
		b.WriteString(text[at:span.Start] + "[" + text[span.Start:span.End] + "]")
		at = span.End
	}
	return b.String() + text[at:]
}

func TestHighlightsMarkTheOriginalText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ search, path, want string }{
		{"payroll", "x", "The [Payroll], [PAYROLL]."},
		{"pay*", "x", "[Payroll] and [pay], not repay"},
		{`"identity provider"`, "x", "Identity, then [identity--Provider]"},
		{"132.0.0.193", "source_ip", "[132.0.0.193]"},
		{"zoe", "x", "🎉[Zoë]🎉 [Zoe\u0308]! [ZOË]"},
		{"istanbul", "x", "in [İstanbul], [Istanbul]"},
		{"file", "x", "a ﬁlename [ﬁle]"},
		{"full", "x", "「[Ｆｕｌｌ]」"},
		{"2", "x", "[½]"},
		{"1 2", "x", "[½]"},
		{"c", "x", "[℅]"},
		{"한글", "x", "[한글] [\u1112\u1161\u11ab\u1100\u1173\u11af]"},
		{`"a a"`, "x", "[a a a] b"},
		{"a b", "x", "[a] [b] c"},
		{`"a b" "b c"`, "x", "[a b c]"},
		{"a OR b", "x", "[a] [b]"},
		{"-a b", "x", "a [b]"},
		{"NOT (a b)", "x", "a b"},
		{"NOT (NOT a)", "x", "[a] b"},
		{"*", "x", "a"},
		{"pay", "x", "[pay]\xff\xc3roll"},
		{strings.Repeat("a", 64), "x", "[" + strings.Repeat("a", 70) + "]"},
		{"result:denied", "result", "[Denied]"},
		{"result:denied", "stage", "Denied"},
		{"result:denied", "result", "Denied again"},
		{"result:*", "result", "Denied"},
		{"has:result", "result", "Denied"},
		{"user:person7@*", "upstream_user_id", "[Person7@]org0.example"},
		{"user:zoe*", "user_id", "[Zoe\u0308]@x"},
		{"user:zoe*", "user_id", "[Zoë]@x"},
		{"user:fi*", "user_id", "[ﬁ]le"},
		{"user:f*", "user_id", "[ﬁ]le"},
		{"user:x", "sub", "[x]"},
		{"app:vpn", "application_name", "The [VPN]"},
		{"app:vpn", "issuer", "The VPN"},
		{"ip:10.0.0.0/8", "source_ip", "[10.1.2.3]"},
		{"ip:10.0.0.0/8", "source_ip", "11.1.2.3"},
		{"ip:10.0.0.0/8", "x", "10.1.2.3"},
		{"extra.device.os:linux", "device.os", "[Linux]"},
		{"extra.device.os:lin*", "device.os", "[Lin]ux"},
		{"extra.device.os:linux", "os", "Linux"},
		{"attribute_id:app-1", "audit_attributes.attribute_id", "[app-1]"},
		{"attribute_id:app-1", "audit_attributes.attribute_type", "app-1"},
	} {
		n, err := Parse(test.search, testNow)
		if err != nil {
			t.Errorf("%s: %v", test.search, err)
			continue
		}
		text := strings.NewReplacer("[", "", "]", "").Replace(test.want)
		if got := marked(n, test.path, text); got != test.want {
			t.Errorf("%s marks %s: %s, want %s", test.search, test.path, got, test.want)
		}
	}
}

func TestHighlightsOfFiltersMarkWhatIsEqual(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		node       Node
		path, want string
	}{
		{nil, "result", "Denied"},
		{Exact{Field: Result, Values: []string{"Denied"}}, "result", "[Denied]"},
		{Exact{Field: Result, Values: []string{"denied"}}, "result", "Denied"},
		{ExactPrefix{Field: Issuer, Prefix: "https"}, "issuer", "[https]://x"},
		{ExactPrefix{Field: Issuer, Prefix: "Https"}, "issuer", "https://x"},
		{Attribute{IDs: []string{"app-1"}}, "audit_attributes.attribute_id", "[app-1]"},
		{Attribute{IDs: []string{"app-1"}}, "audit_attributes.attribute_type", "app-1"},
		{TimeRange{}, "x", "now"},
	} {
		text := strings.NewReplacer("[", "", "]", "").Replace(test.want)
		if got := marked(test.node, test.path, text); got != test.want {
			t.Errorf("%v marks %s: %s, want %s", test.node, test.path, got, test.want)
		}
	}
}

func TestHighlightsAreInOrderAndApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n, text := anyTree(2).Draw(t, "tree"), anyText.Draw(t, "text")
		if tokens := Tokens(text); len(tokens) > 0 {
			n = AnyOf(n, Words{Tokens: tokens[:1]}, Words{Tokens: tokens[len(tokens)-1:], Prefix: true}, Words{Tokens: tokens})
			if len(Highlight(n, "x", text)) == 0 {
				t.Fatalf("%v marks nothing in %q", n, text)
			}
		}
		end := -1
		for _, span := range Highlight(n, "result", text) {
			if span.Start <= end || span.End <= span.Start || span.End > len(text) {
				t.Fatalf("%v marks %v in %q", n, span, text)
			}
			end = span.End
		}
	})
}
