package jsontext_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/authtrail/authtrail/audit/internal/jsontext"
)

func members(text string) []string {
	var list []string
	for name, value := range jsontext.Members(text) {
		list = append(list, name+"="+value)
	}
	return list
}

func scalars(path, text string) []string {
	var list []string
	for path, value := range jsontext.Scalars(path, text) {
		list = append(list, path+"="+value)
	}
	return list
}

func TestMembers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`{}`:                                nil,
		` { } `:                             nil,
		`[1]`:                               nil,
		`"a"`:                               nil,
		`{"a":1,"b":"x","c":null,"d":true}`: {"a=1", `b="x"`, "c=null", "d=true"},
		" {\t\"a\" :\n[ 1 , {} ] ,\r\"b\":{ } } ": {"a=[ 1 , {} ]", "b={ }"},
		`{"a":1,"a":2}`:                               {"a=1", "a=2"},
		`{"":0,"a\"b":1,"\u00e9":2,"\\":3}`:           {"=0", `a"b=1`, "é=2", `\=3`},
		`{"a":"}","b":"\"]","c":"\\"}`:                {`a="}"`, `b="\"]"`, `c="\\"`},
		`{"a":-1.5e+30,"b":12345678901234567890.123}`: {"a=-1.5e+30", "b=12345678901234567890.123"},
	} {
		if got := members(text); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestElements(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`[]`: nil, ` [ ] `: nil, `{"a":1}`: nil, `7`: nil,
		`[1,"a]",[2,[3]],{"b":[4]},null]`: {"1", `"a]"`, "[2,[3]]", `{"b":[4]}`, "null"},
		"[ 1 ,\n2\t]":                     {"1", "2"},
	} {
		if got := slices.Collect(jsontext.Elements(text)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestScalars(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", jsontext.MaxPath)
	for _, c := range []struct {
		path, text string
		want       []string
	}{
		{"", `{}`, nil},
		{"p", `7`, []string{"p=7"}},
		{"p", ` "x" `, []string{`p="x"`}},
		{"", `{"a":{"b":[1,{"c":2},[3]]},"d":null}`, []string{"a.b=1", "a.b.c=2", "a.b=3", "d=null"}},
		{"p", `{"a.b":1,"a":{"b":2}}`, []string{"p.a.b=1", "p.a.b=2"}},
		{"p", `[{"a":1},{"b":2},3]`, []string{"p.a=1", "p.b=2", "p=3"}},
		{"p", `{"a":{},"b":[],"c":1}`, []string{"p.c=1"}},
		{"p", `[":",{":":":"}]`, []string{`p=":"`, `p.:=":"`}},
		{"p", `{"` + long + `":{"a":1}}`, []string{"p.a=1"}},
		{"", `{"` + long + `":1}`, []string{"=1"}},
		{"", `{"` + long[1:] + `":1}`, []string{long[1:] + "=1"}},
	} {
		if got := scalars(c.path, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s under %q: %.200q, want %.200q", c.text, c.path, got, c.want)
		}
	}
}

func TestDepth(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{`1`: 0, `"[[["`: 0, `{}`: 1, `[]`: 1, `[{"a":[1]},2]`: 3, `[[],[[]]]`: 3, `["\"[",[]]`: 2} {
		if got := jsontext.Depth(text); got != want {
			t.Errorf("depth of %s = %d, want %d", text, got, want)
		}
	}
}

func TestUnquote(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`""`: "", `"a"`: "a", `"\u00e9\n\/"`: "é\n/", `"\ud83d\ude00"`: "😀", `"\ud800"`: "\ufffd",
		`"\ud800x\udc00"`: "\ufffdx\ufffd", `"\u0000"`: "\x00", `"\\\""`: `\"`,
	} {
		if got := jsontext.Unquote(text); got != want {
			t.Errorf("%s = %q, want %q", text, got, want)
		}
	}
}

// FuzzAgainstEncodingJSON holds what the walkers see against what the standard
// library's decoder reads.
func FuzzAgainstEncodingJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `[]`, `0`, `"a"`, `{"a":[1,{"b":"\ud800"}],"a":null}`, ` [ [ ] , {"":{"":""}} , -0.1e5 ] `,
		`{"a":{"b":{"c":[[["x"]]]}},"\u0061":"\\\""}`, `{"é":"\u0000","😀":[true,false]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) || !utf8.Valid(raw) {
			return
		}
		var wantMembers, wantScalars []string
		d := &walker{Decoder: json.NewDecoder(bytes.NewReader(raw))}
		d.UseNumber()
		d.value("", func(path, value string) { wantScalars = append(wantScalars, path+"="+value) })
		var gotScalars []string
		for path, text := range jsontext.Scalars("", string(raw)) {
			if jsontext.IsString(text) {
				text = "s" + jsontext.Unquote(text)
			}
			gotScalars = append(gotScalars, path+"="+text)
		}
		if !slices.Equal(wantScalars, gotScalars) {
			t.Errorf("scalars %q, want %q", gotScalars, wantScalars)
		}
		wantMembers = decodedNames(raw)
		var gotMembers []string
		for name, value := range jsontext.Members(string(raw)) {
			if !json.Valid([]byte(value)) {
				t.Errorf("the value of %q is %q", name, value)
			}
			gotMembers = append(gotMembers, name)
		}
		if !slices.Equal(wantMembers, gotMembers) {
			t.Errorf("members %q, want %q", gotMembers, wantMembers)
		}
		if d.deepest != jsontext.Depth(string(raw)) {
			t.Errorf("depth %d, want %d", jsontext.Depth(string(raw)), d.deepest)
		}
	})
}

// walker reads the scalars of a value token by token.
type walker struct {
	*json.Decoder
	depth, deepest int
}

func (w *walker) value(path string, yield func(path, value string)) {
	token, _ := w.Token()
	delim, ok := token.(json.Delim)
	if !ok {
		yield(path, scalarText(token))
		return
	}
	w.depth++
	w.deepest = max(w.deepest, w.depth)
	for w.More() {
		below := path
		if delim == '{' {
			name, _ := w.Token()
			below = joined(path, name.(string))
		}
		w.value(below, yield)
	}
	w.depth--
	_, _ = w.Token() // the closing delimiter
}

func joined(path, name string) string {
	switch {
	case len(path)+1+len(name) > jsontext.MaxPath:
		return path
	case path == "":
		return name
	}
	return path + "." + name
}

func scalarText(token json.Token) string {
	switch token := token.(type) {
	case nil:
		return "null"
	case string:
		return "s" + token
	}
	return fmt.Sprint(token)
}

func decodedNames(raw []byte) []string {
	d := json.NewDecoder(bytes.NewReader(raw))
	if token, _ := d.Token(); token != json.Delim('{') {
		return nil
	}
	var names []string
	for d.More() {
		name, _ := d.Token()
		var value json.RawMessage
		_ = d.Decode(&value)
		names = append(names, name.(string))
	}
	return names
}

// A text four times as long takes about four times as long; were any walker
// quadratic, it would take sixteen times and, at these sizes, minutes.
func TestWalkingIsLinear(t *testing.T) {
	t.Parallel()
	const n = 1 << 20
	name := strings.Repeat("n", 300)
	for what, text := range map[string]string{
		"deep lists":    strings.Repeat("[", n) + strings.Repeat("]", n),
		"deep objects":  strings.Repeat(`{"a":`, n/4) + "1" + strings.Repeat("}", n/4),
		"long names":    strings.Repeat(`{"`+name+`":`, 3000) + "1" + strings.Repeat("}", 3000),
		"many members":  "{" + strings.Repeat(`"a":1,`, n) + `"a":1}`,
		"many elements": "[" + strings.Repeat(`1,`, n) + "1]",
		"backslashes":   `"` + strings.Repeat(`\\`, n) + `"`,
		"spaces":        "[" + strings.Repeat(" ", 4*n) + "]",
	} {
		start := time.Now()
		for range jsontext.Scalars("", text) {
		}
		for range jsontext.Members(text) {
		}
		for range jsontext.Elements(text) {
		}
		jsontext.Depth(text)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: %d bytes took %v", what, len(text), took)
		}
	}
}

func TestInvalidTextEnds(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "{", "[", `{"a`, `{"a"`, `{"a":`, `{"a":1`, `[1`, `[1,`, `"`, `"\`, "nul", `{"a":[}`, "]", ",", `"a":1`, "}}}{"} {
		members(text)
		scalars("", text)
		for range jsontext.Elements(text) {
		}
		jsontext.Depth(text)
	}
}
