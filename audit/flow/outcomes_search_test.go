package flow_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func TestASearchKnowsEveryOutcome(t *testing.T) {
	t.Parallel()
	var names []string
	for _, outcome := range audit.FlowOutcomes {
		names = append(names, strings.ToLower(string(outcome)))
	}
	if !slices.Equal(names, query.FlowOutcomes) {
		t.Errorf("a search knows %v, want %v", query.FlowOutcomes, names)
	}
}
