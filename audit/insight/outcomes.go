package insight

import (
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// OutcomeCount is how many flows ended in some way.
type OutcomeCount struct {
	Outcome audit.FlowOutcome
	Count   int
}

// outcomeTally counts flows by their place in audit.FlowOutcomes.
type outcomeTally [7]int

func (t *outcomeTally) add(outcome audit.FlowOutcome) {
	if at := slices.Index(audit.FlowOutcomes, outcome); at >= 0 {
		t[at]++
	}
}

func (t *outcomeTally) merge(other *outcomeTally) {
	for i, n := range other {
		t[i] += n
	}
}

// counts lists the outcomes that occur, in the order of audit.FlowOutcomes.
func (t *outcomeTally) counts() []OutcomeCount {
	var counts []OutcomeCount
	for i, n := range t {
		if n > 0 {
			counts = append(counts, OutcomeCount{audit.FlowOutcomes[i], n})
		}
	}
	return counts
}

// unsuccessful reports whether a record decided against the attempt.
func unsuccessful(outcome audit.FlowOutcome) bool {
	switch outcome {
	case audit.Denied, audit.Failed, audit.TimedOut, audit.Expired:
		return true
	}
	return false
}
