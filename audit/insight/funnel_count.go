package insight

import (
	"cmp"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// funnelCount is a funnel while its flows are counted. Every flow is counted in
// one part; the parts are added up in the end.
type funnelCount struct {
	by    Split
	steps *numbering
	parts map[string]*partCount
	flows int

	reached []int // steps of the flow at hand, in order
	seenBy  []int // for each step, the flow that reached it last, counted from 1
}

func newFunnelCount(by Split) *funnelCount {
	return &funnelCount{by: by, steps: newNumbering(), parts: map[string]*partCount{}}
}

// partCount is a part of a funnel while its flows are counted.
type partCount struct {
	value    string
	flows    int
	outcomes outcomeTally
	steps    []stepCount // by number
}

type stepCount struct {
	reached, failed int
	ended           outcomeTally
	endings         int
	gaps            []time.Duration
}

func (c *funnelCount) add(f *audit.Flow) {
	c.flows++
	c.reached = c.reached[:0]
	part := c.part(c.by.of(f))
	part.flows++
	part.outcomes.add(f.Outcome)
	last := -1
	for i := range f.Stages {
		stage := &f.Stages[i]
		last = c.steps.of(stepName(stage))
		if step := part.step(last); c.first(last) {
			step.reached++
			if i > 0 {
				step.gaps = append(step.gaps, stage.Gap)
			}
		}
	}
	if last >= 0 {
		step := part.step(last)
		step.endings++
		step.ended.add(f.Outcome)
	}
	if unsuccessful(f.Outcome) {
		c.failed(part, c.steps.of(f.FailedStage))
	}
	c.steps.saw(c.reached)
}

// failed counts a flow that was decided at a step, which it has then reached, too,
// even where no stage of it was kept.
func (c *funnelCount) failed(part *partCount, number int) {
	step := part.step(number)
	step.failed++
	if c.first(number) {
		step.reached++
	}
}

// first reports whether the flow at hand gets to a step for the first time.
func (c *funnelCount) first(number int) bool {
	for len(c.seenBy) <= number {
		c.seenBy = append(c.seenBy, 0)
	}
	if c.seenBy[number] == c.flows {
		return false
	}
	c.seenBy[number] = c.flows
	c.reached = append(c.reached, number)
	return true
}

func (c *funnelCount) part(value string) *partCount {
	part := c.parts[value]
	if part == nil {
		part = &partCount{value: value}
		c.parts[value] = part
	}
	return part
}

func (p *partCount) step(number int) *stepCount {
	for len(p.steps) <= number {
		p.steps = append(p.steps, stepCount{})
	}
	return &p.steps[number]
}

// funnel says what was counted.
func (c *funnelCount) funnel(groups int) *Funnel {
	parts := make([]*partCount, 0, len(c.parts))
	for _, part := range c.parts {
		parts = append(parts, part)
	}
	slices.SortFunc(parts, func(a, b *partCount) int {
		return cmp.Or(cmp.Compare(b.flows, a.flows), cmp.Compare(a.value, b.value))
	})
	whole := added(parts)
	order, left := c.steps.order(func(number int) int { return whole.step(number).reached })
	f := &Funnel{StepsLeftOut: left}
	if c.by != Whole {
		f.Values = len(parts)
		for i, part := range parts {
			if i == groups {
				rest := added(parts[i:]).report(c.steps, order)
				f.Rest = &rest
				break
			}
			f.Groups = append(f.Groups, FunnelGroup{Value: part.value, FunnelPart: part.report(c.steps, order)})
		}
	}
	f.FunnelPart = whole.report(c.steps, order)
	return f
}

// added returns the sum of some parts.
func added(parts []*partCount) *partCount {
	if len(parts) == 1 {
		return parts[0]
	}
	sum := &partCount{}
	for _, part := range parts {
		sum.flows += part.flows
		sum.outcomes.merge(&part.outcomes)
		for number := range part.steps {
			from, to := &part.steps[number], sum.step(number)
			to.reached += from.reached
			to.failed += from.failed
			to.endings += from.endings
			to.ended.merge(&from.ended)
			to.gaps = append(to.gaps, from.gaps...)
		}
	}
	return sum
}

func (p *partCount) report(names *numbering, order []int) FunnelPart {
	report := FunnelPart{Flows: p.flows, Outcomes: p.outcomes.counts(), Steps: make([]FunnelStep, len(order))}
	for i, number := range order {
		step := p.step(number)
		report.Steps[i] = FunnelStep{
			Name:      names.names[number],
			Reached:   step.reached,
			Share:     share(step.reached, p.flows),
			Failed:    step.failed,
			Ended:     step.endings,
			EndedWith: step.ended.counts(),
			Gap:       spreadOf(step.gaps),
		}
	}
	return report
}
