package elastic

import (
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

// An operator who deletes the template, or an index while it is written to,
// does not make the engine guess what a record is.
func TestWithoutItsTemplateAPartitionIsAsItShouldBe(t *testing.T) {
	t.Parallel()
	s := open(t, testOptions(t))
	records := []*audit.Record{event(t, "o", "first", testTime, ""), event(t, "o", "second", testTime, "")}
	statuses(t, s, records[0])
	expectHeld(t, s, records[0])
	for _, request := range []esapi.Request{
		esapi.IndicesDeleteIndexTemplateRequest{Name: s.names.records()},
		esapi.IndicesDeleteRequest{Index: []string{s.partitionOf(testTime)}},
	} {
		if err := s.client.do(t.Context(), request, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := statuses(t, s, records...); got[0] != audit.Accepted || got[1] != audit.Accepted {
		t.Errorf("after the partition was deleted the records are %v", got)
	}
	expectHeld(t, s, records...)
	if installed, err := s.installedTemplate(t.Context()); err != nil || installed.Version != layoutVersion {
		t.Errorf("the template is %v, %v", installed, err)
	}
}
