package elastic

import (
	"fmt"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// What is acknowledged while connections are reset and answers are cut off is
// held, and what is not can be sent again until it is, each record once.
func TestAnAppendThatIsCutOffIsNeverAcknowledgedFalsely(t *testing.T) {
	t.Parallel()
	spoils := map[string]func(p *elastictest.FaultyProxy, round int) (heal func()){
		"reset": func(p *elastictest.FaultyProxy, round int) func() {
			p.Reset(time.Duration(round*7) * time.Millisecond)
			return p.Heal
		},
		"truncated": func(p *elastictest.FaultyProxy, round int) func() {
			p.Truncate(round * round * 25)
			return p.Heal
		},
		"down": func(p *elastictest.FaultyProxy, round int) func() {
			down := make(chan struct{})
			time.AfterFunc(time.Duration(round*5)*time.Millisecond, func() { p.Down(); close(down) })
			return func() { <-down; p.Up() }
		},
	}
	for name, spoil := range spoils {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy, through, direct, held := faulty(t, 10*time.Second)
			failed := 0
			for round := range 15 {
				var batch []*audit.Record
				for i := range 40 {
					batch = append(batch, event(t, "o", fmt.Sprintf("%s-%d-%d", name, round, i), testTime.Add(time.Duration(i)*time.Hour), ""))
				}
				held = append(held, batch...)
				heal := spoil(proxy, round)
				through.client.breaker.succeeded() // what is sent next shall reach the network
				if _, err := through.Append(t.Context(), batch); err != nil {
					failed++
					requireUnavailable(t, "append", err)
				} else {
					requireDuplicates(t, direct, batch)
				}
				heal()
			}
			if failed == 0 {
				t.Error("no append was cut off")
			}
			for _, status := range statuses(t, direct, held...) {
				if status == audit.Rejected {
					t.Errorf("sent again, a record is %v", status)
				}
			}
			expectHeld(t, direct, held...)
		})
	}
}

// requireDuplicates checks that a store holds all the records.
func requireDuplicates(t *testing.T, s *Store, batch []*audit.Record) {
	t.Helper()
	for i, status := range statuses(t, s, batch...) {
		if status != audit.Duplicate {
			t.Fatalf("%s was acknowledged, and is not held", batch[i].UniqueID)
		}
	}
}
