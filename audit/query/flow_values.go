package query

import (
	"slices"
	"strconv"
	"strings"
)

// FlowOutcomes are the values of FlowOutcome, as a search writes them.
var FlowOutcomes = []string{"succeeded", "denied", "failed", "timed_out", "expired", "abandoned", "in_progress"}

// orOutcome finds by the name of an outcome not only what has it as words, but also
// the login flows that ended so: no record says "failed" or "abandoned".
func (p *parser) orOutcome(words Words) Node {
	name := strings.Join(words.Tokens, "_")
	if !p.flows || words.Prefix || !slices.Contains(FlowOutcomes, name) {
		return words
	}
	return AnyOf(words, FieldValue{Field: FlowOutcome, Value: name})
}

// outcome makes the node of outcome:value. There are few values, so that another one is a mistake.
func (p *parser) outcome(t lexeme) (Node, error) {
	value := Fold(t.value)
	known := slices.ContainsFunc(FlowOutcomes, func(outcome string) bool {
		return outcome == value || t.prefix && strings.HasPrefix(outcome, value)
	})
	if known {
		return FieldValue{Field: FlowOutcome, Value: value, Prefix: t.prefix}, nil
	}
	hint := ""
	if closest := closestName(value, FlowOutcomes); closest != "" {
		hint = "; perhaps you meant " + closest
	}
	return nil, syntaxError(p.input, t.valueAt, "unknown outcome %q%s; there are %s", shortened(t.value), hint, strings.Join(FlowOutcomes, ", "))
}

// open makes the node of open:true, which is all that the field says.
func (p *parser) open(t lexeme) (Node, error) {
	if t.prefix || Fold(t.value) != "true" {
		return nil, syntaxError(p.input, t.valueAt, "expected open:true; for flows that were closed, write -has:open")
	}
	return FieldValue{Field: FlowOpen, Value: "true"}, nil
}

// numberRange makes the node of field:value for a field that holds a whole number:
// that number, or with an operator a range. The end of a flow can be written as a time, too.
func (p *parser) numberRange(t lexeme, field Field) (Node, error) {
	operator := t.value[:len(t.value)-len(strings.TrimLeft(t.value, "<>="))]
	text := strings.TrimSpace(t.value[len(operator):])
	if t.prefix {
		return nil, syntaxError(p.input, t.valueAt, "a number takes no *; write a range, as in %s:>=1000 %s:<2000", field, field)
	}
	if !slices.Contains([]string{"", "=", ">", ">=", "<", "<="}, operator) {
		return nil, syntaxError(p.input, t.valueAt, "unknown comparison %q; expected >, >=, < or <=", operator)
	}
	from, err := strconv.ParseInt(text, 10, 63) // one more can be had of it
	after := from + 1
	switch {
	case err == nil && (operator == "" || operator == "="):
		return FieldValue{Field: field, Value: strconv.FormatInt(from, 10)}, nil
	case err == nil:
	case field == FlowEndedAt && text != "":
		if from, after, err = p.moment(t, text); err != nil {
			return nil, err
		}
	default:
		return nil, syntaxError(p.input, t.valueAt, "expected a whole number after %s:%s, for example %s:>=2", field, shortened(operator), field)
	}
	return numbersBetween(field, operator, from, after), nil
}

// moment reads a time as the nanoseconds that it stands for: those of a whole day for a date.
func (p *parser) moment(t lexeme, text string) (from, after int64, err error) {
	at, day, err := readTime(text, p.now)
	if err != nil {
		return 0, 0, syntaxError(p.input, t.valueAt, "%v, or nanoseconds since 1970", err)
	}
	if day {
		return at.UnixNano(), at.AddDate(0, 0, 1).UnixNano(), nil
	}
	return at.UnixNano(), at.UnixNano() + 1, nil
}

// numbersBetween returns what an operator makes of the numbers from…after.
func numbersBetween(field Field, operator string, from, after int64) Node {
	switch operator {
	case ">=":
		return NumberRange{Field: field, Min: &from}
	case ">":
		return NumberRange{Field: field, Min: &after}
	case "<":
		return NumberRange{Field: field, Max: &from}
	case "<=":
		return NumberRange{Field: field, Max: &after}
	}
	return AllOf(NumberRange{Field: field, Min: &from}, NumberRange{Field: field, Max: &after})
}
