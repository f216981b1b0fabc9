package elastic

import (
	"testing"
	"time"
)

func TestPartitionOfATime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		partition Partition
		retention time.Duration
		at        time.Time
		want      string
	}{
		{Day, 0, now, "d2026.03.04"},
		{Week, 0, now, "w2026.03.02"},
		{Month, 0, now, "m2026.03.01"},
		{Week, 0, time.Date(2026, 3, 1, 23, 59, 59, 999_999_999, time.UTC), "w2026.02.23"},
		{Week, 0, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), "w2026.03.02"},
		{Week, 0, time.Date(2026, 3, 2, 1, 0, 0, 0, time.FixedZone("", 2*60*60)), "w2026.02.23"},
		{Day, 0, now.Add(24 * time.Hour), "d2026.03.05"},
		{Day, 0, now.Add(24*time.Hour + 1), "overflow"},
		{Day, 0, now.AddDate(0, 0, -120), "d2025.11.04"},
		{Day, 0, now.AddDate(0, 0, -121), "overflow"},
		{Month, 0, time.Date(2016, 3, 1, 0, 0, 0, 0, time.UTC), "m2016.03.01"},
		{Month, 0, time.Date(2016, 2, 29, 0, 0, 0, 0, time.UTC), "overflow"},
		{Day, time.Hour, now.Add(-time.Hour), "d2026.03.04"},
		{Day, time.Hour, now.Add(-time.Hour - 1), "overflow"},
		{Day, 1000 * 24 * time.Hour, now.AddDate(0, 0, -999), "d2023.06.09"},
		{Week, 0, time.Unix(0, 0), "overflow"},
		{Week, 0, time.Date(2261, 12, 31, 0, 0, 0, 0, time.UTC), "overflow"},
	} {
		s := &Store{names: names{"p"}, now: func() time.Time { return now }, options: Options{Partition: c.partition, Retention: c.retention}}
		if got, want := s.stretchAt(c.at), c.want; got != want {
			t.Errorf("by the %s, keeping %v, %v lies in %s, want %s", c.partition, c.retention, c.at, got, want)
		}
	}
}

func TestPartitionEnds(t *testing.T) {
	t.Parallel()
	n := names{"p"}
	for index, want := range map[string]string{
		"p-records-d2026.03.04": "2026-03-05", "p-records-w2026.02.23": "2026-03-02", "p-records-m2025.12.01": "2026-01-01",
		"p-records-overflow": "", "p-registry": "", "p-records-": "", "p-records-x2026.03.04": "", "p-records-d2026.13.04": "",
		"p-rebuilt-w2026.02.23-v2": "2026-03-02", "p-rebuilt-overflow-v2": "", "p-rebuilt-w2026.02.23": "",
		"other-records-d2026.03.04": "", "p-records-d2026.03.04-old": "",
	} {
		end, known := n.partitionEnd(index)
		if got := end.Format(time.DateOnly); known != (want != "") || known && got != want {
			t.Errorf("%s ends at %s (%v), want %q", index, got, known, want)
		}
	}
}
