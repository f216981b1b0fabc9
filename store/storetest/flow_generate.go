package storetest

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

var (
	outcomes = []string{"UNDECIDED", "SUCCEEDED", "DENIED", "FAILED"}
	shapes   = []string{"Request › IdP ✓", "Request › IdP ✓ › Token ✓", "Request", "IdP ✗"}
	numbers  = []int64{0, 0, 0, 1, 2, 999, 1_000, 60_000, 3_600_000}
)

// Flows returns n generated rows, the same for the same seed, of different keys.
func Flows(seed, n int) []*audit.Record {
	rows := make([]*audit.Record, n)
	for i := range rows {
		rows[i] = generatedFlow(fmt.Sprintf("f-%d", i), seed*1_000_003+i)
	}
	return rows
}

// generatedFlow returns a state of the flow of an id. Its org depends on the id alone.
func generatedFlow(id string, seed int) *audit.Record {
	org := []string{"", "a", "a", "b", "A"}[len(id)*7%5]
	return rapid.Custom(func(t *rapid.T) *audit.Record {
		at := epoch.Add(rapid.SampledFrom(offsets).Draw(t, "time"))
		lasts := time.Duration(rapid.SampledFrom(numbers).Draw(t, "duration")) * time.Millisecond
		row := flow(org, id, at, lasts, nil)
		for _, field := range rapid.SliceOfN(rapid.SampledFrom(FlowFormat().Fields), 0, 12).Draw(t, "fields") {
			if !slices.Contains([]query.Field{query.OrgID, query.FlowEndedAt, query.FlowDurationMS}, field) {
				row.fields[field] = flowValues(t, field, id)
			}
		}
		if rapid.IntRange(0, 9).Draw(t, "numberless") == 0 {
			delete(row.fields, query.FlowDurationMS)
		}
		for range rapid.IntRange(0, 3).Draw(t, "said") {
			row = row.saying(rapid.SampledFrom(texts).Draw(t, "text"))
		}
		for range rapid.IntRange(0, 3).Draw(t, "extras") {
			row.extra = append(row.extra, [2]string{rapid.SampledFrom(paths).Draw(t, "path"), rapid.SampledFrom(texts).Draw(t, "extra")})
		}
		return row.record()
	}).Example(seed)
}

// flowValues draws the different values of a field.
func flowValues(t *rapid.T, field query.Field, id string) []string {
	var values []string
	for range rapid.IntRange(1, 4).Draw(t, "values") {
		if value := flowValue(t, field); !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	if field == query.FlowID {
		return append([]string{id}, slices.DeleteFunc(values, func(value string) bool { return value == id })...)
	}
	return values
}

// flowValue draws a value of a field, of flows or of records.
func flowValue(t *rapid.T, field query.Field) string {
	var from []string
	switch field {
	case query.FlowID:
		from = []string{"f-1", "f-2", "f-10", "former", "F-1"}
	case query.FlowRecordID:
		from = []string{"g-1", "g-10", "g-100", "G-1"}
	case query.FlowOutcome:
		from = outcomes
	case query.FlowShape:
		from = shapes
	case query.FlowRetries, query.FlowDurationMS:
		from = []string{"0", "1", "2", "10"}
	case query.FlowEndedAt:
		return fmt.Sprint(epoch.Add(rapid.SampledFrom(offsets).Draw(t, "ended")).UnixNano())
	case query.FlowOpen:
		from = []string{"true"}
	case query.FlowVia:
		from = []string{"REQUEST", "TRACE", "TOKEN"}
	case query.FlowConflict:
		from = []string{"trace_id=t-1", "session=s-1", "session=S-1"}
	case query.FlowStage, query.FlowLastStage, query.FlowFailedStage:
		from = []string{"Token", "token", "Policy Evaluation", "Login"}
	default:
		return fieldValue(t, field)
	}
	return rapid.SampledFrom(from).Draw(t, string(field))
}

// flowNodes generates query trees over everything that rows have.
func flowNodes(depth int) *rapid.Generator[query.Node] {
	return rapid.Custom(func(t *rapid.T) query.Node {
		if depth > 0 {
			switch rapid.IntRange(0, 6).Draw(t, "node") {
			case 0, 1:
				return query.And{Nodes: rapid.SliceOfN(flowNodes(depth-1), 2, 3).Draw(t, "and")}
			case 2:
				return query.Or{Nodes: rapid.SliceOfN(flowNodes(depth-1), 2, 3).Draw(t, "or")}
			case 3:
				return query.Not{Node: flowNodes(depth-1).Draw(t, "not")}
			}
		}
		return flowLeaf(t)
	})
}

func flowLeaf(t *rapid.T) query.Node {
	field := rapid.SampledFrom(query.FlowFields).Draw(t, "flow field")
	prefix := rapid.Bool().Draw(t, "prefix")
	switch rapid.IntRange(0, 9).Draw(t, "flow leaf") {
	case 0, 1:
		return query.Exact{Field: field, Values: []string{flowValue(t, field), flowValue(t, field)}[:rapid.IntRange(1, 2).Draw(t, "n")]}
	case 2:
		return query.Has{Field: field}
	case 3:
		return query.ExactPrefix{Field: field, Prefix: part(t, flowValue(t, field), true)}
	case 4:
		return query.FieldValue{Field: field, Value: query.Fold(part(t, flowValue(t, field), prefix)), Prefix: prefix}
	case 5, 6:
		return numberRange(t)
	}
	return leaf(t)
}

func numberRange(t *rapid.T) query.Node {
	field := rapid.SampledFrom([]query.Field{query.FlowEndedAt, query.FlowDurationMS, query.FlowRetries, query.Result}).Draw(t, "number")
	bound := func(name string) *int64 {
		if rapid.IntRange(0, 2).Draw(t, name+" open") == 0 {
			return nil
		}
		n := rapid.SampledFrom(numbers).Draw(t, name)
		if field == query.FlowEndedAt {
			n = epoch.Add(rapid.SampledFrom(offsets).Draw(t, name)).UnixNano()
		}
		return &n
	}
	return query.NumberRange{Field: field, Min: bound("min"), Max: bound("max")}
}

// flowQuery generates queries of rows, in orders by time and by number.
func flowQuery() *rapid.Generator[audit.Query] {
	return rapid.Custom(func(t *rapid.T) audit.Query {
		q := Query(flowNodes(2)).Draw(t, "query")
		q.Kinds = rapid.SampledFrom([][]audit.Kind{nil, {audit.KindFlow}}).Draw(t, "kinds of rows")
		if q.Kinds != nil {
			q.Order.Field = rapid.SampledFrom([]audit.OrderField{audit.ByTime, audit.ByEndedAt, audit.ByDuration}).Draw(t, "order")
		}
		return q
	})
}
