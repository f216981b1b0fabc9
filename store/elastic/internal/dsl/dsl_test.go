package dsl_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/store/elastic/internal/dsl"
)

var update = flag.Bool("update", false, "write testdata anew")

func TestNodesPrintElasticsearchsJSON(t *testing.T) {
	t.Parallel()
	term, prefix := dsl.Term{Field: "kind", Value: "1"}, dsl.Prefix{Field: "words", Value: "wat"}
	for name, node := range map[string]any{
		"all":           dsl.All{},
		"none":          dsl.None{},
		"term":          dsl.Term{Field: "exact.user_id", Value: "\x00 \"quoted\" <é>"},
		"terms":         dsl.Terms{Field: "org", Values: []string{"", "a"}},
		"prefix":        prefix,
		"exists":        dsl.Exists{Field: "number.level"},
		"range":         dsl.Range{Field: "number.level", From: int64(0), To: int64(10)},
		"range-open":    dsl.Range{Field: "time", From: "2026-03-01T06:00:00.000000001Z"},
		"phrase":        dsl.Phrase{Field: "words", Words: []string{"water", "scada"}},
		"phrase-prefix": dsl.Phrase{Field: "words", Words: []string{"water", "sc"}, Expansions: 50},
		"bool":          dsl.Bool{Must: []dsl.Query{term}, Filter: []dsl.Query{term, prefix}, Should: []dsl.Query{prefix}, MustNot: []dsl.Query{term}},
		"search": dsl.Search{Query: term, Size: 51, Source: dsl.Source{"body", "time"}, After: []any{float32(1.1), "2026-03-01T06:00:00.000000001Z", "a\x00b"},
			Sort: []dsl.Sort{dsl.ByScore(false), {Field: "time", Ascending: true, Format: "strict_date_optional_time_nanos"}, {Field: "tie"}}},
		"count":        dsl.Search{Query: dsl.All{}, TrackTotalHits: true},
		"common-terms": counting("values", dsl.CommonTerms{Field: "exact.result", Size: 10, ShardSize: 1_000}),
		"intervals": counting("times", dsl.Intervals{Field: "time", Interval: "1h",
			Inside: dsl.Aggregations{{Name: "values", Of: dsl.CommonTerms{Field: "exact.result", Size: 3, ShardSize: 100}}}}),
		"composite": counting("pairs", dsl.Composite{Size: 1_000, After: json.RawMessage(`{"time":1,"value":"a"}`),
			Sources: []dsl.CompositePart{{Name: "time", Field: "time", Interval: "1m"}, {Name: "value", Field: "exact.result"}}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := json.MarshalIndent(node, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".json", text)
		})
	}
}

func counting(name string, a dsl.Aggregation) dsl.Search {
	return dsl.Search{Query: dsl.All{}, Aggregations: dsl.Aggregations{{Name: name, Of: a}}}
}

// golden compares with a file of testdata, or writes it when -update is given.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil || string(got) != string(want) {
		t.Errorf("%s (%v): got\n%s\nwant\n%s", name, err, got, want)
	}
}

func TestCombinationsLeaveOutWhatChangesNothing(t *testing.T) {
	t.Parallel()
	a, b, c := dsl.Term{Field: "f", Value: "a"}, dsl.Term{Field: "f", Value: "b"}, dsl.Term{Field: "f", Value: "c"}
	text := map[string]string{"a": printed(t, a), "b": printed(t, b), "c": printed(t, c)}
	for want, q := range map[string]dsl.Query{
		`{"match_all":{}}`:          dsl.AllOf(dsl.All{}, dsl.All{}),
		`{"match_none":{}}`:         dsl.AllOf(a, dsl.None{}),
		`a`:                         dsl.AllOf(dsl.All{}, a),
		`{"bool":{"filter":[a,b]}}`: dsl.AllOf(a, dsl.AllOf(b)),
		`{"bool":{"filter":[a,b],"must_not":[c]}}`:          dsl.AllOf(dsl.AllOf(a, b), dsl.Not(c)),
		`{"bool":{"must_not":[b,c]}}`:                       dsl.AllOf(dsl.Not(b), dsl.Not(c)),
		`{"bool":{"should":[a,b,c]}}`:                       dsl.AnyOf(a, dsl.AnyOf(b, c), dsl.None{}),
		`{"bool":{"filter":[{"bool":{"should":[a,b]}},c]}}`: dsl.AllOf(dsl.AnyOf(a, b), c),
		`{"bool":{"must_not":[{"bool":{"filter":[b,c]}}]}}`: dsl.Not(dsl.AllOf(b, c)),
		`b`: dsl.Not(dsl.Not(b)),
		`c`: dsl.AnyOf(dsl.None{}, c),
	} {
		for name, query := range text {
			want = strings.NewReplacer("["+name, "["+query, ","+name, ","+query).Replace(want)
			if want == name {
				want = query
			}
		}
		if got := printed(t, q); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, q := range []dsl.Query{dsl.AnyOf(a, dsl.All{}), dsl.Not(dsl.None{})} {
		if q != (dsl.All{}) {
			t.Errorf("got %s, want everything", printed(t, q))
		}
	}
	for _, q := range []dsl.Query{dsl.AnyOf(), dsl.Not(dsl.All{})} {
		if q != (dsl.None{}) {
			t.Errorf("got %s, want nothing", printed(t, q))
		}
	}
}

func printed(t *testing.T, q dsl.Query) string {
	t.Helper()
	text, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestLinesAskSearchesTogether(t *testing.T) {
	t.Parallel()
	lines, err := dsl.Lines([]dsl.Search{{Query: dsl.All{}, Size: 1}, {Query: dsl.None{}, TrackTotalHits: true}})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "lines.ndjson", lines)
}
