package node

import (
	"fmt"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestAnAnswerReadsOnlySoManyFlowsForItsExamples(t *testing.T) {
	t.Parallel()
	refs := &flowRefs{}
	var last flowRef
	for i := range maxFlowRefs + 1 {
		last = refs.add("org", fmt.Sprint(i))
	}
	if _, err := last.read(t.Context()); audit.AsError(err) == nil || audit.AsError(err).Code != audit.TooComplex {
		t.Errorf("got %v", err)
	}
	if none, err := (flowRef{}).read(t.Context()); none != nil || err != nil {
		t.Errorf("no flow is %v, %v", none, err)
	}
}
