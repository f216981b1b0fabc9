package audit_test

import (
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/authtrail/authtrail/audit/query"
)

func pairs(seq iter.Seq2[string, string]) []string {
	var list []string
	for path, value := range seq {
		list = append(list, fmt.Sprintf("%s=%s", path, value))
	}
	return list
}

func TestStringsAreEveryStringAtAnyDepth(t *testing.T) {
	t.Parallel()
	for event, want := range map[string][]string{
		`{}`: {"unique_id=u-1"},
		`{"a":"x","b":{"c":["y",{"d":"z"}],"e":"é"}}`: {"unique_id=u-1", "a=x", "b.c=y", "b.c.d=z", "b.e=é"},
		`{"n":1,"t":true,"z":null,"s":""}`:            {"unique_id=u-1", "s="},
		`{"a.b":"x","a":{"b":"y"}}`:                   {"unique_id=u-1", "a.b=x", "a.b=y"},
		`{"a":"x","a":"y"}`:                           {"unique_id=u-1", "a=x", "a=y"},
		`{"api_name":"n","audit_attributes":[{"attribute_id":"i"}]}`: {"unique_id=u-1", "api_name=n",
			"audit_attributes.attribute_id=i"},
		`{"time":"2026-01-01T00:00:00Z"}`:    {"unique_id=u-1"},
		`{"time":"next week"}`:               {"unique_id=u-1", "time=next week"},
		`{"x":{"time":"2026-01-01T00:00Z"}}`: {"unique_id=u-1", "x.time=2026-01-01T00:00Z"},
		`{"a":[["x"],[],{}]}`:                {"unique_id=u-1", "a=x"},
		`{"a":"\u00e9\n\ud800"}`:             {"unique_id=u-1", "a=é\n\ufffd"},
	} {
		if got := pairs(decode(t, bulk(event)).Document().Strings()); !slices.Equal(got, want) {
			t.Errorf("%s: strings %q, want %q", event, got, want)
		}
	}
}

func TestExtraIsEveryScalarThatIsNotDocumented(t *testing.T) {
	t.Parallel()
	for event, want := range map[string][]string{
		`{}`:                                             nil,
		`{"event_name":"T","user_id":"u"}`:               nil,
		`{"event_name":"T","user_id":7}`:                 {"user_id=7"},
		`{"subsystem":"auth","jti":"t"}`:                 {"subsystem=auth", "jti=t"},
		`{"a":1.50,"b":true,"c":null,"d":""}`:            {"a=1.50", "b=true", "d="},
		`{"a":{"b":[1,"x",null,{"c":false}]},"a.b":"y"}`: {"a.b=1", "a.b=x", "a.b.c=false", "a.b=y"},
		`{"a":{},"b":[]}`:                                nil,
	} {
		if got := pairs(decode(t, bulk(event)).Document().Extra()); !slices.Equal(got, want) {
			t.Errorf("%s: extra %q, want %q", event, got, want)
		}
	}
}

func TestIteratorsStopWhenAsked(t *testing.T) {
	t.Parallel()
	d := decode(t, bulk(`{"a":"x","b":{"c":"y","d":"z"}}`)).Document()
	for _, seq := range []iter.Seq2[string, string]{d.Strings(), d.Extra()} {
		for stop := range 3 {
			seen := 0
			for range seq {
				if seen++; seen > stop {
					break
				}
			}
			if seen != stop+1 {
				t.Errorf("saw %d, wanted to stop after %d", seen, stop+1)
			}
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	r := decode(t, bulk(`{"event_name":"","user_id":"u","hostname":"gw"}`))
	for field, want := range map[query.Field][]string{
		query.UniqueID: {"u-1"}, query.OrgID: {"sender-org"}, query.UserID: {"u"}, query.Hostname: {"gw"},
		query.EventName: {""}, query.Session: nil, query.AttributeID: nil,
	} {
		if got := r.Values(field); !slices.Equal(got, want) {
			t.Errorf("%s = %q, want %q", field, got, want)
		}
	}
	if _, ok := r.Get(query.Session); ok {
		t.Error("has a session")
	}
}

func TestAnAttributeFilterHoldsOnOneAttribute(t *testing.T) {
	t.Parallel()
	d := decode(t, bulk(`{"api_name":"a","audit_attributes":[{"attribute_type":"user","attribute_id":"1","attribute_org_id":"o"},`+
		`{"attribute_type":"group","attribute_id":"2"}]}`)).Document()
	for _, c := range []struct {
		want  query.Attribute
		holds bool
	}{
		{query.Attribute{}, true},
		{query.Attribute{Types: []string{"user"}, IDs: []string{"1"}, OrgIDs: []string{"o"}}, true},
		{query.Attribute{Types: []string{"user"}, IDs: []string{"2"}}, false},
		{query.Attribute{Types: []string{"x", "group"}, IDs: []string{"1", "2"}}, true},
		{query.Attribute{Types: []string{"group"}, OrgIDs: []string{"o"}}, false},
		{query.Attribute{OrgIDs: []string{""}}, true},
		{query.Attribute{Types: []string{"USER"}}, false},
	} {
		if got := d.HasAttribute(c.want); got != c.holds {
			t.Errorf("%v: %v", c.want, got)
		}
	}
	if decode(t, bulk(`{"api_name":"a"}`)).Document().HasAttribute(query.Attribute{}) {
		t.Error("a record without attributes has one")
	}
}
