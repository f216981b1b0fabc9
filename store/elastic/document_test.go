package elastic

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/authtrail/authtrail/audit"
)

func TestStringsAreJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.ToValidUTF8(rapid.String().Draw(t, "text"), "?")
		var w jsonWriter
		w.string(text)
		var got string
		if err := json.Unmarshal(w.buf, &got); err != nil || got != text {
			t.Errorf("%q became %s, which is %q, %v", text, w.buf, got, err)
		}
	})
}

// written is a document, as far as the tests look at it.
type written struct {
	source
	Exact, Folded, Text                   map[string][]string
	Number                                map[string][]int64
	Has, Address, Extra, ExtraPath, Words []string
	Attribute                             []string
}

func documentOf(t *testing.T, r *audit.Record, from origin) written {
	t.Helper()
	var doc written
	if err := json.Unmarshal(newFormat(audit.Format{}).appendDocument(nil, r, from), &doc); err != nil {
		t.Fatalf("the document is no JSON: %v", err)
	}
	return doc
}

func TestADocumentHoldsWhatCanBeAskedAbout(t *testing.T) {
	t.Parallel()
	r := event(t, "o", "id-1", testTime, `"api_name":"Élan vital","user_id":"","session":"42","source_ip":"::ffff:10.0.0.1","description":"One two. Three",`+
		`"audit_attributes":[{"attribute_type":"t"}],"d":{"k":["A","B"]},"n":1.50,"e":"","z":null,"-":"?!"`)
	doc := documentOf(t, r, origin{})
	for name, c := range map[string]struct{ got, want []string }{
		"exact values":         {doc.Exact["api_name"], []string{"Élan vital"}},
		"an empty value":       {doc.Exact["user_id"], []string{""}},
		"folded values":        {doc.Folded["api_name"], []string{"elan vital"}},
		"what folding leaves":  {doc.Folded["session"], nil},
		"words of prose":       {doc.Text["description"], []string{"one two three"}},
		"words of an id":       {doc.Text["api_name"], nil},
		"the address":          {doc.Address, []string{"10.0.0.1"}},
		"extras":               {doc.Extra, []string{"d.k\x00a", "d.k\x00b", "n\x001.50", "e\x00", "-\x00?!"}},
		"paths with values":    {doc.ExtraPath, []string{"d.k", "n", "-"}},
		"every string's words": {doc.Words, []string{"id 1", "elan vital", "42", "ffff 10 0 0 1", "one two three", "t", "a", "b"}},
		"presence":             {doc.Has, []string{"unique_id", "org_id", "source_ip", "session", "api_name", "description", "attribute_type"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
	if got := doc.Number["session"]; !slices.Equal(got, []int64{42}) || len(doc.Number) != 1 {
		t.Errorf("numbers: %v", doc.Number)
	}
	if len(doc.Attribute) != 8 || doc.Copied != "" {
		t.Errorf("%d terms of one attribute, copied %q", len(doc.Attribute), doc.Copied)
	}
	if got := doc.source.stored(); got != r.Stored() {
		t.Errorf("restored is %+v", got)
	}
}

func TestAnEmptyEventHasASmallDocument(t *testing.T) {
	t.Parallel()
	const want = `{"kind":3,"org":"","time":"2026-03-01T06:00:00Z","tie":"\u0000x","meta":{"org":"","unique_id":"x"},` +
		`"body":"{\"unique_id\":\"x\",\"create_time\":\"2026-03-01T06:00:00Z\",\"event\":{}}",` +
		`"exact":{"unique_id":["x"]},"has":["unique_id"],"words":["x"]}`
	if got := string(newFormat(audit.Format{}).appendDocument(nil, event(t, "", "x", testTime, ""), origin{})); got != want {
		t.Errorf("the document is\n%s\nwant\n%s", got, want)
	}
}

func TestACopyKeepsWhereItCameFrom(t *testing.T) {
	t.Parallel()
	doc := documentOf(t, event(t, "", "x", testTime, ""), origin{"uuid/0", 7})
	if doc.Copied != "uuid/0" || doc.CopiedSeq != 7 {
		t.Errorf("copied from %q, %d", doc.Copied, doc.CopiedSeq)
	}
}
