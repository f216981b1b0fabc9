package elastic

import (
	"strings"
	"time"
)

// A record lies in the partition of its own time, so that one sent again meets
// itself. Times that are too far from now share the overflow: junk dates must not
// make an index each.

const (
	overflow      = "overflow"
	futureAllowed = 24 * time.Hour // for clocks that are ahead, and time zones that were mistaken

	// maxPartitions bounds how far back partitions reach where no retention does.
	maxPartitions = 120
)

// partitionLetters begin the names of partitions, so that those of another
// length can stay when it is changed.
var partitionLetters = map[Partition]string{Day: "d", Week: "w", Month: "m"}

const partitionDate = "2006.01.02"

// stretchAt returns the stretch of time of one partition that a record's time lies in.
func (s *Store) stretchAt(at time.Time) string {
	now := s.now()
	if at.After(now.Add(futureAllowed)) || at.Before(s.oldest(now)) {
		return overflow
	}
	return partitionLetters[s.options.Partition] + s.options.Partition.start(at).Format(partitionDate)
}

// oldest is the earliest time that has a partition of its own.
func (s *Store) oldest(now time.Time) time.Time {
	if s.options.Retention > 0 {
		return now.Add(-s.options.Retention)
	}
	return s.options.Partition.add(s.options.Partition.start(now), -maxPartitions)
}

// start returns when the partition that holds a time begins: at midnight UTC, of
// a Monday for a week.
func (p Partition) start(at time.Time) time.Time {
	year, month, day := at.UTC().Date()
	switch p {
	case Week:
		day -= (int(at.UTC().Weekday()) + 6) % 7
	case Month:
		day = 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// add returns the start of the partition that is n partitions later.
func (p Partition) add(start time.Time, n int) time.Time {
	switch p {
	case Month:
		return start.AddDate(0, n, 0)
	case Week:
		return start.AddDate(0, 0, 7*n)
	}
	return start.AddDate(0, 0, n)
}

// partitionEnd returns when the stretch of time that an index holds ends. It
// knows none of the overflow, nor of an index that is no partition.
func (n names) partitionEnd(index string) (time.Time, bool) {
	stretch, isPartition := n.stretchOf(index)
	if !isPartition {
		return time.Time{}, false
	}
	for length, letter := range partitionLetters {
		date, found := strings.CutPrefix(stretch, letter)
		start, err := time.Parse(partitionDate, date)
		if found && err == nil {
			return length.add(start, 1), true
		}
	}
	return time.Time{}, false
}

// stretchOf returns the stretch of time that an index holds, as names call it.
func (n names) stretchOf(index string) (string, bool) {
	if stretch, found := strings.CutPrefix(index, n.partition("")); found {
		return stretch, stretch != ""
	}
	stretch, found := strings.CutPrefix(index, n.rebuilt(""))
	stretch, _, versioned := strings.Cut(stretch, "-")
	return stretch, found && versioned
}
