package sqlite

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func TestManyWideNetworksStayAShortQuestion(t *testing.T) {
	t.Parallel()
	s := open(t)
	add(t, s,
		event(t, "in-the-first", noon, `"event_name":"Token","source_ip":"10.0.127.1"`),
		event(t, "in-the-last", noon, `"event_name":"Token","source_ip":"10.249.127.1"`),
		event(t, "beside-the-last", noon, `"event_name":"Token","source_ip":"10.249.128.1"`))
	networks := make([]query.Node, 250) // each is 128 of those that are indexed
	for i := range networks {
		networks[i] = query.Network{Field: query.SourceIP, Prefix: netip.MustParsePrefix(fmt.Sprintf("10.%d.0.0/17", i))}
	}
	q := everything500()
	q.Where = query.Or{Nodes: networks}
	if got := strings.Join(search(t, s, q), " "); got != "in-the-last in-the-first" {
		t.Errorf("found %q", got)
	}
	p := planFor(s.terms, q.Scope, q.Kinds, q.Where)
	if asked := strings.Count(p.question(), " OR "); asked > maxNetworks+len(networks) {
		t.Errorf("the index is asked for %d terms", asked)
	}
	one := planFor(s.terms, q.Scope, []audit.Kind{audit.KindAuth}, networks[0])
	if one.verify != nil {
		t.Error("one network alone is verified on each record, although the index knows it")
	}
}
