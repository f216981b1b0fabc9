package query

import (
	"strconv"
	"strings"
	"time"
)

// unit is a length of time: so many seconds, or so many months of the calendar.
type unit struct{ seconds, months int64 }

const secondsPerDay = 24 * 60 * 60

var units = func() map[string]unit {
	units := map[string]unit{}
	for names, u := range map[string]unit{
		"s sec secs second seconds": {seconds: 1},
		"m min mins minute minutes": {seconds: 60},
		"h hr hrs hour hours":       {seconds: 3600},
		"d day days":                {seconds: secondsPerDay},
		"w wk wks week weeks":       {seconds: 7 * secondsPerDay},
		"mo mos month months":       {months: 1},
		"y yr yrs year years":       {months: 12},
	} {
		for _, name := range strings.Fields(names) {
			units[name] = u
		}
	}
	return units
}()

// parseRelative reads a time relative to now, in lower case: a day by name,
// either with an amount after a sign, "in 30 days", or "2 days ago".
func parseRelative(text string, now time.Time) (t time.Time, day, ok bool) {
	if amount, found := strings.CutPrefix(text, "in "); found {
		t, _, ok = shifted(now, amount, 1)
		return t, false, ok
	}
	if amount, found := strings.CutSuffix(text, " ago"); found {
		t, _, ok = shifted(now, amount, -1)
		return t, false, ok
	}
	name, amount, sign := text, "", int64(0)
	if at := strings.IndexAny(text, "+-"); at >= 0 {
		name, amount, sign = strings.TrimSpace(text[:at]), text[at+1:], 1
		if text[at] == '-' {
			sign = -1
		}
	}
	base, day, ok := named(name, now)
	if !ok || sign == 0 {
		return base, day, ok
	}
	t, wholeDays, ok := shifted(base, amount, sign)
	return t, day && wholeDays, ok
}

func named(name string, now time.Time) (t time.Time, day, ok bool) {
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	switch name {
	case "now":
		return now, false, true
	case "today":
		return midnight, true, true
	case "yesterday":
		return midnight.AddDate(0, 0, -1), true, true
	case "tomorrow":
		return midnight.AddDate(0, 0, 1), true, true
	}
	return time.Time{}, false, false
}

// maxAmount is beyond all that can be in range, in any unit, and small enough
// that nothing overflows.
const maxAmount = 1e11

// shifted moves a time by an amount such as "2 days", and reports whether that
// is a number of whole days.
func shifted(t time.Time, amount string, sign int64) (moved time.Time, wholeDays, ok bool) {
	amount = strings.TrimSpace(amount)
	digits := len(amount) - len(strings.TrimLeft(amount, "0123456789"))
	u, known := units[strings.TrimSpace(amount[digits:])]
	if digits == 0 || !known {
		return time.Time{}, false, false
	}
	n, err := strconv.ParseInt(amount[:digits], 10, 64)
	if err != nil || n > maxAmount {
		n = maxAmount
	}
	if u.months > 0 {
		return addMonths(t, sign*min(n, 12*9999)*u.months), true, true
	}
	return time.Unix(t.Unix()+sign*n*u.seconds, int64(t.Nanosecond())).UTC(), u.seconds%secondsPerDay == 0, true
}

// addMonths moves a time by months of the calendar. Where the month is too
// short for the day, it is the month's last.
func addMonths(t time.Time, months int64) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	lastDay := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), lastDay)-1)
}
