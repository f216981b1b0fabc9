package query

import (
	"strings"
	"time"
)

// ParseInstant reads a date with a time of day, as in RFC 3339, up to
// nanoseconds and in any zone. It is generous where nothing else can be meant:
// T and Z may be small, T may be a space, the seconds may be missing, and so
// may the zone, which is UTC then. The answer is in UTC.
func ParseInstant(text string) (time.Time, bool) {
	r := reader{rest: text, ok: true}
	day := r.date()
	if !r.oneOf("Tt ") {
		return time.Time{}, false
	}
	hour, minute, second, nanos := r.clock()
	offset := r.zone()
	if !r.ok || r.rest != "" {
		return time.Time{}, false
	}
	ofDay := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
	return day.Add(ofDay + time.Duration(nanos) - offset), true
}

// parseDate reads a plain date: midnight UTC.
func parseDate(text string) (time.Time, bool) {
	r := reader{rest: text, ok: true}
	day := r.date()
	return day, r.ok && r.rest == ""
}

// reader takes a fixed notation apart from the left; ok turns false at the
// first thing that does not fit.
type reader struct {
	rest string
	ok   bool
}

// oneOf takes one byte if it is among those given.
func (r *reader) oneOf(bytes string) bool {
	if !r.ok || r.rest == "" || !strings.Contains(bytes, r.rest[:1]) {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

// number takes exactly so many digits, and wants at most so high a number.
func (r *reader) number(digits, highest int) int {
	n := 0
	for range digits {
		if !r.ok || r.rest == "" || r.rest[0] < '0' || r.rest[0] > '9' {
			r.ok = false
			return 0
		}
		n = n*10 + int(r.rest[0]-'0')
		r.rest = r.rest[1:]
	}
	r.ok = r.ok && n <= highest
	return n
}

// expect wants one of the bytes.
func (r *reader) expect(bytes string) { r.ok = r.oneOf(bytes) }

func (r *reader) date() time.Time {
	year := r.number(4, 9999)
	r.expect("-")
	month := r.number(2, 12)
	r.expect("-")
	day := r.number(2, 31)
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	r.ok = r.ok && t.Day() == day && t.Month() == time.Month(month) // there is no 30 February
	return t
}

// clock takes a time of day. The 60th second is a leap second: the next minute's first.
func (r *reader) clock() (hour, minute, second, nanos int) {
	hour = r.number(2, 23)
	r.expect(":")
	minute = r.number(2, 59)
	if !r.oneOf(":") {
		return hour, minute, 0, 0
	}
	second = r.number(2, 60)
	if !r.oneOf(".,") {
		return hour, minute, second, 0
	}
	nanos = r.number(1, 9)
	for scale := 1; scale < 9; scale++ {
		nanos *= 10
		if r.rest != "" && r.rest[0] >= '0' && r.rest[0] <= '9' {
			nanos += r.number(1, 9)
		}
	}
	return hour, minute, second, nanos
}

// zone takes an offset from UTC: Z, +02:00, +0200 or +02, or nothing. A blank
// before hours and minutes is a plus that was not escaped in a URL.
func (r *reader) zone() time.Duration {
	if r.rest == "" || r.oneOf("Zz") {
		return 0
	}
	sign := time.Duration(1)
	if strings.HasPrefix(r.rest, "-") {
		sign = -1
	}
	r.expect("+- ")
	hours := r.number(2, 23)
	minutes := 0
	if r.oneOf(":") || r.rest != "" {
		minutes = r.number(2, 59)
	}
	return sign * (time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
}
