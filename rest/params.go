package rest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// params are the parameters of one request. Unknown ones are ignored.
type params struct {
	values url.Values
	now    time.Time
}

// given reports whether a value was given: the command line sends None for what
// its user left out.
func given(value string) bool { return value != "" && value != "None" }

// text returns a parameter, empty when it was not given. Of one that is sent
// twice the last counts.
func (p params) text(name string) string {
	values := p.values[name]
	if len(values) == 0 || !given(values[len(values)-1]) {
		return ""
	}
	return values[len(values)-1]
}

// list returns every value that was given for a parameter; a comma is data.
func (p params) list(name string) []string {
	var list []string
	for _, value := range p.values[name] {
		if given(value) {
			list = append(list, value)
		}
	}
	return list
}

func (p params) limit() (int, error) {
	text := p.text("limit")
	if text == "" {
		return audit.MaxPageSize, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > audit.MaxPageSize {
		return 0, audit.Invalid("limit", "must be a number from 1 to %d", audit.MaxPageSize)
	}
	return limit, nil
}

// from returns the inclusive lower bound, zero when it was not given.
func (p params) from() (time.Time, error) {
	text := p.text("dt_from")
	if text == "" {
		return time.Time{}, nil
	}
	return p.time("dt_from", text)
}

// to returns the exclusive upper bound: a time, or the page_at_id of an earlier
// answer. The command line pages by sending that back as dt_to.
func (p params) to() (time.Time, *audit.Cursor, error) {
	text := p.text("dt_to")
	if text == "" {
		return time.Time{}, nil, nil
	}
	if cursor, err := audit.ParseCursor(text); err == nil {
		return time.Time{}, &cursor, nil
	}
	t, err := p.time("dt_to", text)
	return t, nil, err
}

func (p params) time(name, text string) (time.Time, error) {
	t, err := query.ParseTime(text, p.now)
	if err != nil {
		// An unescaped + arrives as a space: 10:00:00 02:00, now 2hours.
		if at := strings.LastIndexByte(text, ' '); at >= 0 {
			if t, err := query.ParseTime(text[:at]+"+"+text[at+1:], p.now); err == nil {
				return t, nil
			}
		}
		return time.Time{}, audit.Invalid(name, "%s", err)
	}
	return t, nil
}

// oneAndList joins a parameter and its list, both of which must hold: the
// values that do, nil when neither was given, and false when none can.
func (p params) oneAndList(one, list string) ([]string, bool) {
	value, values := p.text(one), p.list(list)
	switch {
	case value == "":
		return values, true
	case len(values) == 0 || slices.Contains(values, value):
		return []string{value}, true
	}
	return nil, false
}
