package query

import (
	"fmt"
	"strings"
	"time"
)

// timeRange makes the node of time:value. A date stands for its whole day, so
// time:<=2026-11-01 includes that day and time:>2026-11-01 begins after it; a
// time of day stands for that one nanosecond.
func (p *parser) timeRange(t lexeme) (Node, error) {
	operator := t.value[:len(t.value)-len(strings.TrimLeft(t.value, "<>="))]
	text := strings.TrimSpace(t.value[len(operator):])
	switch {
	case t.value == "" && t.prefix && !t.quoted:
		return All{}, nil
	case t.prefix:
		return nil, syntaxError(p.input, t.valueAt, "a time takes no *; write a range, as in time:>=2026-11-01 time:<2026-12-01")
	case text == "":
		return nil, syntaxError(p.input, t.valueAt, "expected a time after time:%s, for example time:>=now-1day", shortened(operator))
	}
	from, day, err := readTime(text, p.now)
	if err != nil {
		return nil, syntaxError(p.input, t.valueAt, "%v", err)
	}
	after := from.Add(1)
	if day {
		after = from.AddDate(0, 0, 1)
	}
	n, ok := rangeOf(operator, from, after)
	if !ok {
		return nil, syntaxError(p.input, t.valueAt, "unknown comparison %q; expected >, >=, < or <=", operator)
	}
	return n, nil
}

// rangeOf returns the range that an operator makes of the moment from…after.
// No record lies past the last moment that can be written, so a range that
// would end there is open, and none begins there.
func rangeOf(operator string, from, after time.Time) (n Node, ok bool) {
	last := !after.Before(endOfTime)
	switch operator {
	case ">=":
		return TimeRange{From: from}, true
	case "<":
		return TimeRange{To: from}, true
	case ">":
		if last {
			return None{}, true
		}
		return TimeRange{From: after}, true
	case "<=":
		if last {
			return All{}, true
		}
		return TimeRange{To: after}, true
	case "", "=":
		if last {
			return TimeRange{From: from}, true
		}
		return TimeRange{From: from, To: after}, true
	}
	return nil, false
}

// The times that records have, and that can be asked for: 1970 through 2261,
// which is what fits 64 bits of nanoseconds.
var (
	beginningOfTime = time.Unix(0, 0).UTC()
	endOfTime       = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)
)

func inTime(t time.Time) bool { return !t.Before(beginningOfTime) && t.Before(endOfTime) }

// ParseTime reads a time as people write it: an instant ([ParseInstant]), a
// date (midnight UTC), or a time relative to now. The answer is in UTC, in the
// years 1970 through 2261.
func ParseTime(text string, now time.Time) (time.Time, error) {
	t, _, err := readTime(text, now)
	return t, err
}

// readTime is ParseTime, and reports whether the text names a whole day.
func readTime(text string, now time.Time) (t time.Time, day bool, err error) {
	written := strings.ToLower(strings.TrimSpace(text))
	t, ok := ParseInstant(written)
	if !ok {
		t, ok = parseDate(written)
		day = ok
	}
	if !ok {
		t, day, ok = parseRelative(written, now.UTC().Round(0))
	}
	switch {
	case !ok:
		return time.Time{}, false, fmt.Errorf("unreadable time %q; expected one like 2026-11-01T10:00:00Z, "+
			"2026-11-01, now, today, now-1day, now+2hours, in 30 days or 10 minutes ago", shortened(text))
	case !inTime(t):
		return time.Time{}, false, fmt.Errorf("time %q is out of range; expected one in the years 1970 to 2261", shortened(text))
	}
	return t, day, nil
}
