package insight

import (
	"context"
	"fmt"

	"github.com/authtrail/authtrail/audit"
)

// MaxFlows is how many flows one question may be about.
const MaxFlows = 1_000_000

// Flows reads the summaries of many flows; every audit.Flows does.
type Flows interface {
	audit.Scanner
	// Flow is as that of audit.Flows.
	Flow(row *audit.Record) *audit.Flow
}

// each calls see for the summary of every flow that a query finds, and its row.
func each(ctx context.Context, flows Flows, q audit.Query, see func(*audit.Record, *audit.Flow)) error {
	q.Kinds, q.Order, q.Window = []audit.Kind{audit.KindFlow}, audit.Order{}, audit.Window{}
	seen := 0
	err := flows.Scan(ctx, q, func(row *audit.Record) bool {
		if seen++; seen > MaxFlows {
			return false
		}
		see(row, flows.Flow(row))
		return true
	})
	switch {
	case err != nil:
		return fmt.Errorf("read flows: %w", err)
	case seen > MaxFlows:
		return &audit.Error{Code: audit.TooComplex,
			Message: fmt.Sprintf("more than %d login flows match; ask for a shorter time, or one org", MaxFlows)}
	}
	return nil
}

// share is how much of a whole something is, from 0 to 1; of nothing it is 0.
func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
