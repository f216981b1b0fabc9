package insight

import (
	"strings"

	"github.com/authtrail/authtrail/audit"
)

func sameStage(a, b *audit.Stage) bool {
	return sameName(a, b) && strings.EqualFold(a.Result, b.Result)
}

func sameName(a, b *audit.Stage) bool { return a.EventName == b.EventName }

// align puts the stages of two flows side by side.
func align(a, b []*audit.Stage) []AlignedStage {
	var rows []AlignedStage
	betweenCommon(a, b, sameStage, func(a, b []*audit.Stage) {
		betweenCommon(a, b, sameName, func(a, b []*audit.Stage) {
			for _, stage := range a {
				rows = append(rows, AlignedStage{Match: OnlyA, A: stage})
			}
			for _, stage := range b {
				rows = append(rows, AlignedStage{Match: OnlyB, B: stage})
			}
		}, func(a, b *audit.Stage) {
			rows = append(rows, AlignedStage{Match: OtherResult, A: a, B: b})
		})
	}, func(a, b *audit.Stage) {
		rows = append(rows, AlignedStage{Match: SameStage, A: a, B: b})
	})
	return rows
}

// betweenCommon walks along a longest common subsequence of two lists: it calls
// pair for each pair in it, and gap for what each list has before, between and after
// these. Of several such subsequences it takes the one whose pairs come earliest
// in a, and then in b.
func betweenCommon(a, b []*audit.Stage, same func(a, b *audit.Stage) bool,
	gap func(a, b []*audit.Stage), pair func(a, b *audit.Stage),
) {
	longest := commonLengths(a, b, same)
	i, j, doneA, doneB := 0, 0, 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case same(a[i], b[j]):
			gap(a[doneA:i], b[doneB:j])
			pair(a[i], b[j])
			i, j = i+1, j+1
			doneA, doneB = i, j
		case longest[i][j+1] >= longest[i+1][j]:
			j++
		default:
			i++
		}
	}
	gap(a[doneA:], b[doneB:])
}

// commonLengths returns, for each pair of places, how long the longest common
// subsequence of what follows them is. Flows have at most audit.MaxFlowRecords stages.
func commonLengths(a, b []*audit.Stage, same func(a, b *audit.Stage) bool) [][]int16 {
	longest := make([][]int16, len(a)+1)
	cells := make([]int16, (len(a)+1)*(len(b)+1))
	for i := range longest {
		longest[i] = cells[i*(len(b)+1) : (i+1)*(len(b)+1)]
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if same(a[i], b[j]) {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	return longest
}
