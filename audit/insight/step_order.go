package insight

import (
	"cmp"
	"slices"
)

// MaxSteps is how many steps an answer lists. Of steps that the pipeline does not
// know, those that the fewest flows reached are left out.
const MaxSteps = 100

// numbering gives steps numbers: the known ones their place in the pipeline, the
// others in the order in which they are met. It counts what places the others.
type numbering struct {
	names   []string
	numbers map[string]int
	others  []otherStep // of the numbers from len(pipeline)
}

// otherStep is what was seen of a step that the pipeline does not know.
type otherStep struct {
	flows         int
	before, after [len(pipeline)]int // how many flows reached it before, and after, each known step
	sum           int                // of its places among the steps of each flow
}

func newNumbering() *numbering {
	n := &numbering{names: slices.Clone(pipeline[:]), numbers: make(map[string]int, len(pipeline))}
	for i, name := range pipeline {
		n.numbers[name] = i
	}
	return n
}

func (n *numbering) of(name string) int {
	number, ok := n.numbers[name]
	if !ok {
		number = len(n.names)
		n.numbers[name] = number
		n.names = append(n.names, name)
		n.others = append(n.others, otherStep{})
	}
	return number
}

// saw notes in which order a flow reached steps for the first time.
func (n *numbering) saw(reached []int) {
	for at, number := range reached {
		if number < len(pipeline) {
			continue
		}
		other := &n.others[number-len(pipeline)]
		other.flows++
		other.sum += at
		for i, known := range reached {
			switch {
			case known >= len(pipeline):
			case i < at:
				other.after[known]++
			default:
				other.before[known]++
			}
		}
	}
}

// order returns the numbers of the steps that any flow reached, in the order of
// the pipeline, and how many were left out. A step that the pipeline does not know
// stands at the first place that contradicts the fewest flows; those of one place
// stand as early as flows reach them on average, ties by name.
func (n *numbering) order(reached func(number int) int) (numbers []int, left int) {
	others := make([]int, len(n.others))
	for i := range others {
		others[i] = len(pipeline) + i
	}
	slices.SortFunc(others, func(a, b int) int {
		return cmp.Or(cmp.Compare(n.other(b).flows, n.other(a).flows), cmp.Compare(n.names[a], n.names[b]))
	})
	left = max(0, len(others)-(MaxSteps-len(pipeline)))
	numbers = others[:len(others)-left]
	for known := range pipeline {
		if reached(known) > 0 {
			numbers = append(numbers, known)
		}
	}
	slices.SortFunc(numbers, n.compare)
	return numbers, left
}

func (n *numbering) other(number int) *otherStep { return &n.others[number-len(pipeline)] }

func (n *numbering) compare(a, b int) int {
	if order := cmp.Compare(n.place(a), n.place(b)); order != 0 || a < len(pipeline) || b < len(pipeline) {
		return order
	}
	x, y := n.other(a), n.other(b)
	return cmp.Or(cmp.Compare(x.sum*y.flows, y.sum*x.flows), cmp.Compare(n.names[a], n.names[b]))
}

// place returns where a step stands: a known one at an odd place, others between
// them. One that no flow reached together with a known one comes last.
func (n *numbering) place(number int) int {
	if number < len(pipeline) {
		return 2*number + 1
	}
	other := n.other(number)
	if never := [len(pipeline)]int{}; other.before == never && other.after == never {
		return 2 * len(pipeline)
	}
	best := 0
	for slot := range len(pipeline) + 1 {
		if other.against(slot) < other.against(best) {
			best = slot
		}
	}
	return 2 * best
}

// against returns how many observations contradict a place just before a known step.
func (o *otherStep) against(slot int) (n int) {
	for known := range pipeline {
		if known < slot {
			n += o.before[known]
		} else {
			n += o.after[known]
		}
	}
	return n
}
