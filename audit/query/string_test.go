package query

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWhatIsPrintedParsesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tree := anyTree(4).Draw(t, "tree")
		checkRoundTrip(t, tree)
	})
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func checkRoundTrip(t failer, tree Node) {
	t.Helper()
	text := tree.String()
	again, err := parse(text, testNow, math.MaxInt)
	if err != nil {
		t.Fatalf("%s does not parse: %v", text, err)
	}
	if !Equal(again, tree) {
		t.Fatalf("%s is\n%#v, and parses to\n%#v", text, tree, again)
	}
}

func TestNodesThatOnlyFiltersProducePrintReadably(t *testing.T) {
	t.Parallel()
	one, two := int64(1), int64(2)
	may := time.Date(2026, 5, 1, 0, 0, 0, 0, time.FixedZone("", 7200))
	for want, n := range map[string]Node{
		`user_id="a"`:                          Exact{Field: UserID, Values: []string{"a"}},
		`result=["Denied" "Do Mfa"]`:           Exact{Field: Result, Values: []string{"Denied", "Do Mfa"}},
		`issuer^="https://"`:                   ExactPrefix{Field: Issuer, Prefix: "https://"},
		`attribute(type="app" org_id="org-1")`: Attribute{Types: []string{"app"}, OrgIDs: []string{"org-1"}},
		`attribute(id=["a" "b"])`:              Attribute{IDs: []string{"a", "b"}},
		`time:>=2026-04-30T22:00:00Z`:          TimeRange{From: may},
		`*`:                                    TimeRange{},
		`-(-payroll)`:                          Not{Not{Words{Tokens: []string{"payroll"}}}},
		`-*`:                                   Not{nil},
		`-(count:>=1 count:<2)`:                Not{NumberRange{Field: "count", Min: &one, Max: &two}},
		`count=any number`:                     NumberRange{Field: "count"},
		`user_id:*`:                            FieldValue{Field: UserID, Prefix: true},
		`user_id="a" -(has:session OR fire*)`: And{[]Node{
			Exact{Field: UserID, Values: []string{"a"}},
			Not{Or{[]Node{Has{Session}, Words{Tokens: []string{"fire"}, Prefix: true}}}},
		}},
		`source_ip:10.0.0.1`: Network{Field: SourceIP, Prefix: netip.MustParsePrefix("10.0.0.1/32")},
	} {
		if got := n.String(); got != want {
			t.Errorf("%#v prints %s, want %s", n, got, want)
		}
	}
}
