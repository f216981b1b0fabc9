package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

func crowdGroup() group {
	return group{name: "5,000 records in one millisecond", records: crowd, checks: []check{
		{"every page", func(t testing.TB, s *subject) {
			for _, order := range []audit.Order{{}, {Ascending: true}} {
				if err := s.walkBoth(audit.Query{Scope: audit.AllOrgs(), Order: order}, 500); err != nil {
					t.Error(err)
				}
			}
		}},
		{"small pages in the middle", func(t testing.TB, s *subject) {
			q := audit.Query{Scope: audit.AllOrgs(), Where: exact(query.UserID, "user-7")}
			if err := s.walkBoth(q, 9); err != nil {
				t.Error(err)
			}
		}},
		{"a range inside the millisecond", func(t testing.TB, s *subject) {
			r := query.TimeRange{From: epoch.Add(250 * time.Nanosecond), To: epoch.Add(750 * time.Nanosecond)}
			if err := s.walkBoth(where(r), 500); err != nil {
				t.Error(err)
			}
		}},
		{"counts", func(t testing.TB, s *subject) {
			checkCounts(t, s, where(exact(query.UserID, "user-7")), everything)
		}},
	}}
}

// crowd is what a busy source with times in whole seconds sends: 4,000 records
// on one instant, and 1,000 spread over the same millisecond.
func crowd() []*audit.Record {
	var records []*audit.Record
	for i := range 5_000 {
		at := epoch
		if i%5 == 0 {
			at = at.Add(time.Duration(i % 1_000))
		}
		records = append(records, eventOf(fmt.Sprintf("org-%d", i%2), fmt.Sprintf("c-%d", i*2741%5_000), at,
			fmt.Sprintf(`"user_id":"user-%d"`, i%50)))
	}
	return records
}
