package query

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTimesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-11-01T10:20:30Z":                "2026-11-01T10:20:30Z",
		"2026-11-01t10:20:30z":                "2026-11-01T10:20:30Z",
		" 2026-11-01 10:20:30Z ":              "2026-11-01T10:20:30Z",
		"2026-11-01T10:20:30.1Z":              "2026-11-01T10:20:30.1Z",
		"2026-11-01T10:20:30,25Z":             "2026-11-01T10:20:30.25Z",
		"2026-11-01T10:20:30.123456789Z":      "2026-11-01T10:20:30.123456789Z",
		"2026-11-01T10:20:30.000000001+05:30": "2026-11-01T04:50:30.000000001Z",
		"2026-11-01T01:00:00+02:00":           "2026-10-31T23:00:00Z",
		"2026-11-01T10:20:30-0800":            "2026-11-01T18:20:30Z",
		"2026-11-01T10:20:30+02":              "2026-11-01T08:20:30Z",
		"2026-11-01T10:20:30 02:00":           "2026-11-01T08:20:30Z", // a plus that was not escaped in a URL
		"2026-11-01T10:20:30-00:00":           "2026-11-01T10:20:30Z",
		"2026-11-01T10:20:30.5":               "2026-11-01T10:20:30.5Z",
		"2026-11-01 10:20":                    "2026-11-01T10:20:00Z",
		"2026-11-01T10:20Z":                   "2026-11-01T10:20:00Z",
		"2026-12-31T23:59:60Z":                "2027-01-01T00:00:00Z", // a leap second
		"2024-02-29":                          "2024-02-29T00:00:00Z",
		"1970-01-01":                          "1970-01-01T00:00:00Z",
		"1969-12-31T23:00:00-01:00":           "1970-01-01T00:00:00Z",
		"2261-12-31T23:59:59.999999999Z":      "2261-12-31T23:59:59.999999999Z",
		"now":                                 "2026-11-05T12:34:56.000000789Z",
		"NOW":                                 "2026-11-05T12:34:56.000000789Z",
		"today":                               "2026-11-05T00:00:00Z",
		"Yesterday":                           "2026-11-04T00:00:00Z",
		"tomorrow":                            "2026-11-06T00:00:00Z",
		"now-1day":                            "2026-11-04T12:34:56.000000789Z",
		"now-2days":                           "2026-11-03T12:34:56.000000789Z",
		"now - 2 days":                        "2026-11-03T12:34:56.000000789Z",
		"Now-1Day":                            "2026-11-04T12:34:56.000000789Z",
		"now-1hour":                           "2026-11-05T11:34:56.000000789Z",
		"now+1hour":                           "2026-11-05T13:34:56.000000789Z",
		"now-10minutes":                       "2026-11-05T12:24:56.000000789Z",
		"now-10m":                             "2026-11-05T12:24:56.000000789Z",
		"now-1week":                           "2026-10-29T12:34:56.000000789Z",
		"now-30s":                             "2026-11-05T12:34:26.000000789Z",
		"now-1mo":                             "2026-10-05T12:34:56.000000789Z",
		"now-1y":                              "2025-11-05T12:34:56.000000789Z",
		"now-0d":                              "2026-11-05T12:34:56.000000789Z",
		"today-1day":                          "2026-11-04T00:00:00Z",
		"today-24hours":                       "2026-11-04T00:00:00Z",
		"tomorrow+1week":                      "2026-11-13T00:00:00Z",
		"today+2months":                       "2027-01-05T00:00:00Z",
		"in 30 days":                          "2026-12-05T12:34:56.000000789Z",
		"in 30days":                           "2026-12-05T12:34:56.000000789Z",
		"2 days ago":                          "2026-11-03T12:34:56.000000789Z",
		"1 HOUR AGO":                          "2026-11-05T11:34:56.000000789Z",
		"56 years ago":                        "1970-11-05T12:34:56.000000789Z",
		"in 235 years":                        "2261-11-05T12:34:56.000000789Z",
	} {
		got, err := ParseTime(text, testNow.In(time.FixedZone("", -7*3600)))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s is %s, want %s", text, got.Format(time.RFC3339Nano), want)
		}
	}
}

func TestMonthsEndWhereTheCalendarSays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ now, text, want string }{
		{"2026-03-31", "now-1month", "2026-02-28"},
		{"2024-03-31", "now-1month", "2024-02-29"},
		{"2026-01-31", "now+1month", "2026-02-28"},
		{"2026-01-31", "now+2months", "2026-03-31"},
		{"2024-02-29", "now-1year", "2023-02-28"},
		{"2024-02-29", "now+4years", "2028-02-29"},
		{"2026-12-31", "now+2mo", "2027-02-28"},
		{"2026-01-15", "now-13months", "2024-12-15"},
	} {
		now, _ := parseDate(test.now)
		got, err := ParseTime(test.text, now)
		if err != nil || got.Format(time.DateOnly) != test.want {
			t.Errorf("on %s, %s is %v (%v), want %s", test.now, test.text, got, err, test.want)
		}
	}
}

func TestUnreadableTimesAreErrors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "soon", "None", "2026", "2026-11", "2026-13-01", "2026-02-30", "2025-02-29", "26-11-01", "2026-1-1", "2026/11/01",
		"02026-11-01", "2026-11-01T", "2026-11-01T24:00:00Z", "2026-11-01T10:60Z", "2026-11-01T10:20:61Z", "2026-11-01T1:20:30Z",
		"2026-11-01T10:20:30.Z", "2026-11-01T10:20:30.1234567890Z", "2026-11-01T10:20:30X", "2026-11-01T10:20:30+2",
		"2026-11-01T10:20:30+24:00", "2026-11-01T10:20:30+02:60", "2026-11-01T10:20:30Z+02:00", "2026-11-01Z", "2026-11-01T10Z",
		"-1day", "now-", "now-day", "now-1", "now-1fortnight", "now--1day", "now-+1day", "now 1day", "now-1day-1hour", "now-1.5days",
		"in days", "in -1 day", "1 day", "day ago", "ago", "in 1 day ago", "then-1day", "2026-11-01-1day", "１ day ago", "now-1dayx", "now\x00",
	} {
		got, err := ParseTime(text, testNow)
		if err == nil {
			t.Errorf("%q is read as %v", text, got)
		} else if !strings.Contains(err.Error(), "unreadable time ") || !strings.Contains(err.Error(), "now-1day") {
			t.Errorf("%q: the error does not help: %v", text, err)
		}
	}
}

func TestTimesOutsideTheYearsHeldAreErrors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"1969-12-31", "1970-01-01T00:00:00+01:00", "2262-01-01", "2261-12-31T23:59:59.999999999-00:01", "0000-01-01", "9999-12-31",
		"now-57years", "in 236 years", "now-99999999999999999999s", "now+99999999999999999999weeks", "now+99999999999999999999years",
		"now-9223372036854775808mo", "in 9223372036854775807 weeks",
	} {
		got, err := ParseTime(text, testNow)
		if err == nil || !strings.Contains(err.Error(), "out of range; expected one in the years 1970 to 2261") {
			t.Errorf("%q is %v (%v), want out of range", text, got, err)
		}
	}
}

func TestLongUnreadableTimesAreShortenedInTheError(t *testing.T) {
	t.Parallel()
	if _, err := ParseTime(strings.Repeat("x", 1000), testNow); err == nil || len(err.Error()) > 300 {
		t.Errorf("got %v", err)
	}
}

func TestInstantsReadAsTheStandardLibraryDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", 60*rapid.IntRange(-23*60-59, 23*60+59).Draw(t, "offset"))
		want := time.Unix(rapid.Int64Range(0, endOfTime.Unix()-1).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanos"))
		text := want.In(zone).Format(time.RFC3339Nano)
		if got, ok := ParseInstant(text); !ok || !got.Equal(want) || got.Location() != time.UTC {
			t.Fatalf("%s is read as %v, want %v", text, got, want)
		}
	})
}
