package flow

import (
	"context"
	"fmt"

	"github.com/authtrail/authtrail/audit"
)

// Ask puts a question, such as Neighbourhood.Stitch, to several neighbourhoods, and
// gathers what they lack, for all of them at once, until each has answered. It
// takes at most MaxRounds rounds of Gather, and more only where records that come
// in meanwhile lead further.
func Ask[T any](ctx context.Context, store Store, scope audit.Scope, asked []*Neighbourhood,
	question func(i int, n *Neighbourhood) (T, []ID),
) ([]T, error) {
	answers, answered := make([]T, len(asked)), make([]bool, len(asked))
	for range 10 * MaxRounds {
		var lacking []Lacking
		for i, n := range asked {
			if answered[i] {
				continue
			}
			answer, missing := question(i, n)
			if answers[i], answered[i] = answer, len(missing) == 0; !answered[i] {
				lacking = append(lacking, Lacking{n, missing})
			}
		}
		if len(lacking) == 0 {
			return answers, nil
		}
		if err := Gather(ctx, store, scope, lacking); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("gather neighbourhoods: not done after %d rounds", 10*MaxRounds)
}
