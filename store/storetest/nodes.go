package storetest

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func nodesGroup() group {
	return group{name: "filters", records: assorted, checks: []check{
		{"constants", checkNodes(nil, query.All{}, query.None{}, query.Not{Node: query.All{}}, query.Not{Node: query.None{}},
			query.Not{Node: nil}, query.Not{Node: query.Not{Node: exact(query.Result, "Denied")}}, exact(query.UserID), query.Not{Node: exact(query.UserID)})},
		{"networks", checkNodes(networks("10.0.0.0/8", "10.1.2.3/32", "10.1.2.0/25", "10.1.2.128/25", "0.0.0.0/0", "::/0", "2001:db8::/32",
			"2001:db8::1/128", "2001:db8:0:8000::/49", "192.168.0.0/15", "255.255.255.255/32", "fe80::/10", "10.1.2.3/31")...)},
		{"attributes", checkNodes(
			query.Attribute{Types: []string{"user"}, IDs: []string{"1"}}, query.Attribute{Types: []string{"user"}, IDs: []string{"2"}},
			query.Attribute{Types: []string{"user"}, OrgIDs: []string{"org-z"}}, query.Attribute{Types: []string{"user", "group"}, IDs: []string{"2", "3"}},
			query.Attribute{IDs: []string{"1"}, OrgIDs: []string{"org-z"}}, query.Attribute{Types: []string{"user"}, IDs: []string{"1"}, OrgIDs: []string{"org-y"}},
			query.Attribute{Types: []string{"USER"}}, query.Attribute{}, query.Not{Node: query.Attribute{Types: []string{"user"}}},
			query.And{Nodes: []query.Node{query.Attribute{Types: []string{"user"}}, query.Attribute{IDs: []string{"2"}}}},
			exact(query.AttributeID, "2"), query.Has{Field: query.AttributeOrgID}, query.Has{Field: query.AttributeName})},
		{"times", checkNodes(ranges(0, 1, 2, 999, 1_000, 1_000_000, 1_000_001, 60_000_000_000)...)},
		{"additional properties", checkNodes(
			query.ExtraValue{Path: "device.os", Value: "linux"}, query.ExtraValue{Path: "device.os", Value: "lin", Prefix: true},
			query.ExtraValue{Path: "device", Value: "linux"}, query.ExtraValue{Path: "os", Value: "linux"}, query.HasExtra{Path: "device.os"},
			query.HasExtra{Path: "device"}, query.ExtraValue{Path: "level", Value: "3"}, query.ExtraValue{Path: "ok", Value: "true"},
			query.ExtraValue{Path: "tags", Value: "b"}, query.ExtraValue{Path: "tags", Value: "", Prefix: true},
			query.Not{Node: query.HasExtra{Path: "device.os"}}, query.ExtraValue{Path: "user_id", Value: "user-1"},
			query.ExtraValue{Path: "Device.os", Value: "linux"}, query.HasExtra{Path: "Device.os"})},
		{"combinations", checkNodes(combinations()...)},
		{"kinds", func(t testing.TB, s *subject) {
			auth, api, generic := audit.KindAuth, audit.KindAPI, audit.KindGeneric
			for _, kinds := range [][]audit.Kind{nil, {}, {auth}, {api}, {generic}, {api, auth}, {generic, api, auth, api},
				{audit.KindRead}, {generic, audit.KindRead}, {generic, api, auth, audit.KindRead}} {
				q := audit.Query{Scope: audit.AllOrgs(), Kinds: kinds}
				if s.Oracle.Count(q) == 0 {
					t.Fatalf("the check is wrong: nothing is of the kinds %v", kinds)
				}
				if err := s.walkBoth(q, 11); err != nil {
					t.Error(err)
				}
				checkCounts(t, s, q)
			}
		}},
	}}
}

// checkNodes compares what each node finds, alone and beside others.
func checkNodes(nodes ...query.Node) func(testing.TB, *subject) {
	return func(t testing.TB, s *subject) {
		found := 0
		for _, node := range nodes {
			for _, q := range []audit.Query{where(node), {Scope: audit.Orgs("org-a"), Where: node, Kinds: []audit.Kind{audit.KindAPI, audit.KindAuth}},
				where(query.Not{Node: node}), where(query.And{Nodes: []query.Node{node, exact(query.Result, "Denied")}})} {
				found += s.Oracle.Count(q)
				if err := s.search(q); err != nil {
					t.Error(err)
				}
				checkCounts(t, s, q)
			}
		}
		if found == 0 {
			t.Error("the check is wrong: nothing was to be found")
		}
	}
}

// assorted are records that differ in everything filters look at.
func assorted() []*audit.Record {
	addresses := []string{"10.1.2.3", "10.1.2.130", "::ffff:10.1.2.3", "::FFFF:0A01:0202", "2001:db8::1", "2001:0DB8:0:0:0:0:0:1", "2001:db8:0:8000::5",
		"192.168.1.1", "255.255.255.255", "fe80::1%eth0", "0.0.0.0", "::", "not an address", "10.1.2", "10.1.2.3:443", "010.1.2.3", " 10.1.2.3", ""}
	attributes := []string{
		`[{"attribute_type":"user","attribute_id":"1","attribute_org_id":"org-y"},{"attribute_type":"group","attribute_id":"2","attribute_org_id":"org-z"}]`,
		`[{"attribute_type":"user","attribute_id":"2"},{"attribute_type":"user","attribute_id":"2"},{"attribute_type":"group","attribute_id":"1","attribute_org_id":"org-z"}]`,
		`[{"attribute_type":"group","attribute_id":"3","attribute_name":"n"},{"attribute_type":"user"}]`, `[]`, `[{}]`,
	}
	extras := []string{`"device":{"os":"Linux"}`, `"device":{"os":"linux mint"},"level":3`, `"device":{"os":null},"level":"3"`, `"os":"linux","ok":true`,
		`"device":[{"os":"windows"},{"os":"LINUX"}]`, `"tags":["a","b",""]`, `"device.os":"linux"`, `"device":{"os":""},"tags":[""]`}
	offsets := []time.Duration{0, 1, 2, 999, 1_000, 999_999, 1_000_000, 1_000_001, time.Second, time.Minute - 1, time.Minute}
	var records []*audit.Record
	for i := range 120 {
		members := fmt.Sprintf(`"user_id":"user-%d",%s`, i%4, extras[i%len(extras)])
		switch i % 3 {
		case 0:
			members += fmt.Sprintf(`,"event_name":"Step %d","result":%q,"source_ip":%q`, i%7, []string{"Denied", "Granted", "denied"}[i/3%3],
				addresses[i/3%len(addresses)])
		case 1:
			members += fmt.Sprintf(`,"api_name":"users","source_ip":%q,"audit_attributes":%s`, addresses[(i+5)%len(addresses)], attributes[i/3%len(attributes)])
		default: // every other one is of the kind that no question without kinds may find
			members += fmt.Sprintf(`,"subsystem":%q,"log_type":"access","path":"/a/b"`, []string{"proxy", audit.ReadSubsystem}[i/3%2])
		}
		org := []string{"org-a", "org-b"}[i/7%2]
		records = append(records, eventOf(org, fmt.Sprintf("mix-%d", i), epoch.Add(offsets[i%len(offsets)]), members))
	}
	return records
}

func networks(texts ...string) []query.Node {
	var nodes []query.Node
	for _, text := range texts {
		nodes = append(nodes, query.Network{Field: query.SourceIP, Prefix: netip.MustParsePrefix(text).Masked()})
	}
	return nodes
}

// ranges are all time ranges between the offsets from the epoch, open ones too.
func ranges(offsets ...time.Duration) []query.Node {
	nodes := []query.Node{query.TimeRange{}}
	for _, from := range offsets {
		nodes = append(nodes, query.TimeRange{From: epoch.Add(from)}, query.TimeRange{To: epoch.Add(from)})
		for _, to := range offsets {
			nodes = append(nodes, query.TimeRange{From: epoch.Add(from), To: epoch.Add(to)})
		}
	}
	return nodes
}

func combinations() []query.Node {
	denied, granted := exact(query.Result, "Denied"), query.FieldValue{Field: query.Result, Value: "granted"}
	linux, soon := query.Words{Tokens: []string{"linux"}}, query.TimeRange{From: epoch, To: epoch.Add(1_000)}
	not := func(n query.Node) query.Node { return query.Not{Node: n} }
	and := func(n ...query.Node) query.Node { return query.And{Nodes: n} }
	or := func(n ...query.Node) query.Node { return query.Or{Nodes: n} }
	return []query.Node{
		and(denied, linux), or(denied, granted), and(or(denied, granted), linux), or(and(denied, linux), granted), not(and(denied, linux)),
		not(or(denied, granted)), and(not(denied), not(granted)), or(not(denied), linux), and(soon, linux), or(soon, denied), not(soon),
		and(not(soon), not(linux)), and(soon, query.TimeRange{From: epoch.Add(2)}), or(soon, query.TimeRange{From: epoch.Add(time.Second)}),
		and(query.All{}, denied), or(query.All{}, denied), and(query.None{}, denied), or(query.None{}, denied), and(nil, linux),
		and(linux, linux), or(query.None{}, query.None{}), not(not(and(not(linux), or(soon, not(denied))))), and(linux, not(linux)), or(linux, not(linux)),
	}
}
