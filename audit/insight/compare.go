package insight

import (
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Comparison says what two login flows have in common, and what not.
type Comparison struct {
	A, B     *audit.Flow // B is nil when there is nothing to compare with
	Baseline Baseline    // why B is what it is

	Stages      []AlignedStage // of both, in order; none without B
	Parting     *Parting       // nil when both went the same way, and without B
	Differences []Difference   // in the order of DifferenceField's values; none without B
	// LongerBy is how much longer A took than B, negative when it took less; nil without B.
	LongerBy *time.Duration
}

// Baseline is how the flow to compare with was chosen, or why there is none.
type Baseline string

// The baselines.
const (
	Given         Baseline = "GIVEN"          // by who asked
	LastSucceeded Baseline = "LAST_SUCCEEDED" // the user's last flow before A that succeeded
	NoneSucceeded Baseline = "NONE_SUCCEEDED" // none: no earlier flow of the user succeeded
	UserUnknown   Baseline = "USER_UNKNOWN"   // none: A does not know its user
)

// AlignedStage is a stage of either flow, or one of each that belong together.
type AlignedStage struct {
	Match StageMatch
	A, B  *audit.Stage // nil where the flow has none
}

// StageMatch says how the stages of two flows stand beside each other.
type StageMatch string

// The matches.
const (
	SameStage   StageMatch = "SAME"         // the same event name and result
	OtherResult StageMatch = "OTHER_RESULT" // the same event name, with another result
	OnlyA       StageMatch = "ONLY_A"       // B has no such stage here
	OnlyB       StageMatch = "ONLY_B"       // A has no such stage here
)

// Parting is where two flows part: the first stages at which they differ.
type Parting struct {
	Common int          // how many stages they have in common before
	A, B   *audit.Stage // what came next; nil where the flow ended
}

// Compare compares two flows; b is nil when there is none to compare with.
//
// Stages are aligned so that as many as possible are the same in event name and
// result. Results are compared without case. What remains between two of these
// is aligned in the same way by event names.
func Compare(a, b *audit.Flow, why Baseline) *Comparison {
	c := &Comparison{A: a, B: b, Baseline: why}
	if b == nil {
		return c
	}
	c.Stages = align(stagesOf(a), stagesOf(b))
	c.Parting = partingOf(a, b)
	c.Differences = differencesOf(a, b)
	longer := a.Duration() - b.Duration()
	c.LongerBy = &longer
	return c
}

func stagesOf(f *audit.Flow) []*audit.Stage {
	stages := make([]*audit.Stage, len(f.Stages))
	for i := range f.Stages {
		stages[i] = &f.Stages[i]
	}
	return stages
}

func partingOf(a, b *audit.Flow) *Parting {
	common := 0
	for common < min(len(a.Stages), len(b.Stages)) && sameStage(&a.Stages[common], &b.Stages[common]) {
		common++
	}
	p := &Parting{Common: common}
	if common < len(a.Stages) {
		p.A = &a.Stages[common]
	}
	if common < len(b.Stages) {
		p.B = &b.Stages[common]
	}
	if p.A == nil && p.B == nil {
		return nil
	}
	return p
}
