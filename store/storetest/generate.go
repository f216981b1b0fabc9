package storetest

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// The alphabets are small, so that what is generated collides: values that
// differ in case, accents and normal form alone, prefixes of one another, words
// inside longer texts.
var (
	texts = []string{"denied", "Denied", "den", "granted", "Zoë", "zoe", "ZOE\u0308", "water", "Water SCADA", "scada water", "the water scada", "東京",
		"東", "🚫 denied", "straße", "İx", "ＡＢ", "ab", "a_b", "a b", "a", "10", "10.1", "x\x00y", " ", "", "\"q\" \\", "user-1@org.example", "or", "1 2 1 2 3"}
	ips = []string{"10.1.2.3", "10.1.2.4", "::ffff:10.1.2.3", "10.200.0.1", "2001:db8::1", "2001:DB8:0::1", "192.168.0.1", "no address", "10.1", ""}
	ids = []string{"s-1", "s-2", "S-1", "s-11", "s-3", ""}

	offsets = []time.Duration{0, 0, 0, 1, 2, 999, time.Microsecond, 999_999, time.Millisecond, time.Millisecond + 1, -1, time.Second, time.Second,
		time.Minute, time.Hour - 1, time.Hour, 5 * time.Hour, 20 * time.Hour, 47 * time.Hour}
	paths = []string{"a", "a.b", "a.a", "b", "b.note", "note", "Note", "subsystem", "user_id"}
	cidrs = []string{"10.0.0.0/8", "10.1.2.3/32", "10.1.2.2/31", "0.0.0.0/0", "::/0", "2001:db8::/64", "192.168.0.0/16", "fe80::/10"}
)

// Records returns n generated records, the same for the same seed. Their
// unique_ids differ.
func Records(seed, n int) []*audit.Record {
	records := make([]*audit.Record, n)
	for i := range records {
		records[i] = record(fmt.Sprintf("g-%d", i)).Example(seed*1_000_003 + i)
	}
	return records
}

func record(uniqueID string) *rapid.Generator[*audit.Record] {
	return rapid.Custom(func(t *rapid.T) *audit.Record {
		members := map[string]string{}
		for _, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "note", "Note", "n", "c"}), 0, 3).Draw(t, "extras") {
			members[name] = value(t, 3)
		}
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0, 1, 2:
			members["event_name"] = quote(rapid.SampledFrom(texts).Draw(t, "event_name"))
		case 3:
			members["audit_attributes"] = attributes(t)
		case 4:
			members["log_type"] = `"access"`
		default:
			members["subsystem"] = quote(audit.ReadSubsystem)
		}
		for _, field := range rapid.SliceOfN(rapid.SampledFrom(query.Fields), 0, 8).Draw(t, "fields") {
			if name := string(field); (field != query.Subsystem || members[name] == "") && field != query.UniqueID && field != query.LogType && !strings.HasPrefix(name, "attribute_") {
				members[name] = fieldText(t, field)
			}
		}
		at := epoch.Add(rapid.SampledFrom(offsets).Draw(t, "time")).Format(time.RFC3339Nano)
		var inside []string
		for _, name := range slices.Sorted(maps.Keys(members)) {
			inside = append(inside, quote(name)+":"+members[name])
		}
		org := rapid.SampledFrom([]string{"", "a", "a", "b", "A"}).Draw(t, "org")
		return decode(fmt.Sprintf(`{"unique_id":%q,"create_time":%q,"event":{%s}}`, uniqueID, at, strings.Join(inside, ",")), org)
	})
}

// fieldText draws the JSON text of a field's value, now and then of the wrong type.
func fieldText(t *rapid.T, field query.Field) string {
	if rapid.IntRange(0, 20).Draw(t, "mistyped") == 0 {
		return value(t, 1)
	}
	return quote(fieldValue(t, field))
}

func fieldValue(t *rapid.T, field query.Field) string {
	from := texts
	switch field {
	case query.SourceIP:
		from = ips
	case query.OrgID:
		from = []string{"", "a", "b", "A"}
	case query.Session, query.RequestID, query.TraceID, query.TokenID, query.AttributeID, query.AttributeOrgID, query.AttributeType:
		from = ids
	case query.UniqueID:
		from = []string{"g-1", "g-10", "g-100", "G-1", "g", "g-"}
	}
	return rapid.SampledFrom(from).Draw(t, string(field))
}

// value draws the JSON text of an additional property.
func value(t *rapid.T, depth int) string {
	kinds := 4
	if depth > 0 {
		kinds = 7
	}
	switch rapid.IntRange(0, kinds).Draw(t, "value") {
	case 0:
		return rapid.SampledFrom([]string{"1", "10", "-1.50", "true", "false", "null"}).Draw(t, "scalar")
	case 5, 6:
		var members []string
		for range rapid.IntRange(0, 3).Draw(t, "members") {
			name := rapid.SampledFrom([]string{"a", "b", "note", "a.b"}).Draw(t, "name")
			members = append(members, quote(name)+":"+value(t, depth-1))
		}
		return "{" + strings.Join(members, ",") + "}"
	case 7:
		var elements []string
		for range rapid.IntRange(0, 3).Draw(t, "elements") {
			elements = append(elements, value(t, depth-1))
		}
		return "[" + strings.Join(elements, ",") + "]"
	}
	return quote(rapid.SampledFrom(texts).Draw(t, "text"))
}

func attributes(t *rapid.T) string {
	var list []string
	for range rapid.IntRange(0, 3).Draw(t, "attributes") {
		var members []string
		for _, name := range []string{"attribute_type", "attribute_id", "attribute_org_id", "attribute_name"} {
			if rapid.Bool().Draw(t, name) {
				members = append(members, quote(name)+":"+quote(rapid.SampledFrom(ids).Draw(t, "value")))
			}
		}
		list = append(list, "{"+strings.Join(members, ",")+"}")
	}
	return "[" + strings.Join(list, ",") + "]"
}

// Node generates query trees over every kind of node.
func Node() *rapid.Generator[query.Node] { return tree(3) }

func tree(depth int) *rapid.Generator[query.Node] {
	return rapid.Custom(func(t *rapid.T) query.Node {
		if depth == 0 {
			return leaf(t)
		}
		switch rapid.IntRange(0, 6).Draw(t, "node") {
		case 0, 1:
			return query.And{Nodes: rapid.SliceOfN(tree(depth-1), 2, 3).Draw(t, "and")}
		case 2:
			return query.Or{Nodes: rapid.SliceOfN(tree(depth-1), 2, 3).Draw(t, "or")}
		case 3:
			return query.Not{Node: tree(depth-1).Draw(t, "not")}
		}
		return leaf(t)
	})
}

func leaf(t *rapid.T) query.Node {
	field := rapid.SampledFrom(query.Fields).Draw(t, "field")
	prefix := rapid.Bool().Draw(t, "prefix")
	switch rapid.IntRange(0, 13).Draw(t, "leaf") {
	case 0, 1:
		return query.Words{Tokens: tokens(t), Prefix: prefix}
	case 2:
		text := slices.DeleteFunc(slices.Clone(query.Fields), func(f query.Field) bool { return !f.Text() })
		return query.FieldWords{Field: rapid.SampledFrom(text).Draw(t, "text field"), Tokens: tokens(t), Prefix: prefix}
	case 3, 4:
		return query.FieldValue{Field: field, Value: query.Fold(part(t, fieldValue(t, field), prefix)), Prefix: prefix}
	case 5:
		text := rapid.SampledFrom(append([]string{"1", "10", "-1.50", "true"}, texts...)).Draw(t, "text")
		return query.ExtraValue{Path: rapid.SampledFrom(paths).Draw(t, "path"), Value: query.Fold(part(t, text, prefix)), Prefix: prefix}
	case 6:
		return query.Has{Field: field}
	case 7:
		return query.HasExtra{Path: rapid.SampledFrom(paths).Draw(t, "path")}
	case 8:
		return query.Network{Field: query.SourceIP, Prefix: netip.MustParsePrefix(rapid.SampledFrom(cidrs).Draw(t, "network"))}
	case 9:
		return timeRange(t)
	case 10, 11:
		values := make([]string, rapid.IntRange(0, 3).Draw(t, "values"))
		for i := range values {
			values[i] = fieldValue(t, field)
		}
		return query.Exact{Field: field, Values: values}
	case 12:
		return query.ExactPrefix{Field: field, Prefix: part(t, fieldValue(t, field), true)}
	}
	return rareLeaf(t)
}

func rareLeaf(t *rapid.T) query.Node {
	some := rapid.SliceOfN(rapid.SampledFrom(ids), 0, 2)
	switch rapid.IntRange(0, 5).Draw(t, "rare") {
	case 0:
		return query.All{}
	case 1:
		return query.None{}
	case 2:
		return nil
	}
	return query.Attribute{Types: some.Draw(t, "types"), IDs: some.Draw(t, "ids"), OrgIDs: some.Draw(t, "orgs")}
}

// part cuts a text short, at a rune, when a prefix is wanted.
func part(t *rapid.T, text string, prefix bool) string {
	if runes := []rune(text); prefix {
		return string(runes[:rapid.IntRange(0, len(runes)).Draw(t, "length")])
	}
	return text
}

// tokens draws a word or a phrase as it stands in the texts, or nearly so.
func tokens(t *rapid.T) []string {
	all := query.Tokens(rapid.SampledFrom(texts).Draw(t, "words") + " " + rapid.SampledFrom([]string{"", "", "", "water", "a"}).Draw(t, "more"))
	if len(all) == 0 {
		return []string{"a"}
	}
	from := rapid.IntRange(0, len(all)-1).Draw(t, "from")
	phrase := slices.Clone(all[from:])
	last := []rune(phrase[len(phrase)-1])
	phrase[len(phrase)-1] = string(last[:rapid.IntRange(1, len(last)).Draw(t, "cut")])
	return phrase
}

func timeRange(t *rapid.T) query.Node {
	bound := func(name string) time.Time {
		if rapid.IntRange(0, 3).Draw(t, name+" open") == 0 {
			return time.Time{}
		}
		return epoch.Add(rapid.SampledFrom(offsets).Draw(t, name))
	}
	return query.TimeRange{From: bound("from"), To: bound("to")}
}
