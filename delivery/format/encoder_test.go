package format_test

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/flow"
)

// Filters see the event or the envelope, whatever the format and the redactions.
func TestWhatFiltersCompare(t *testing.T) {
	t.Parallel()
	hide := destination.Redaction{Field: "user_id", Action: destination.RedactRemove}
	for _, name := range formats {
		c := newEncoder(t, in(name, hide))
		r := examples(t)["auth-Denied"]
		if got := string(c.Filterable(r)); got != string(r.Event()) {
			t.Errorf("%s compares %s", name, got)
		}
		var envelope map[string]any
		if err := json.Unmarshal(c.Filterable(examples(t)["flow-DENIED"]), &envelope); err != nil {
			t.Fatal(err)
		}
		if envelope["subsystem"] != "login_flow" || envelope["outcome"] != "DENIED" || envelope["closed"] != true || envelope["user_id"] == nil {
			t.Errorf("%s compares %v", name, envelope)
		}
	}
}

func TestADamagedFlowIsAnErrorOfItsOwn(t *testing.T) {
	t.Parallel()
	stored := sampleFlows()[0].Stored()
	stored.Raw = stored.Raw[:len(stored.Raw)-9]
	damaged := flow.Format().Restore(stored)
	c := newEncoder(t, in(destination.FormatECS))
	to, err := c.Encode([]byte("before"), damaged)
	if err == nil || string(to) != "before" {
		t.Errorf("%q, %v", to, err)
	}
	if c.Filterable(damaged) != nil {
		t.Error("there is something to compare")
	}
}

func TestSeveralMayEncodeAtOnce(t *testing.T) {
	t.Parallel()
	c := newEncoder(t, in(destination.FormatOCSF, destination.Redaction{Field: "user_id", Action: destination.RedactHash}))
	records := append([]*audit.Record{}, sample()[:50]...)
	records = append(records, sampleFlows()[:20]...)
	encodeAll := func() (all string) {
		for _, r := range records {
			one, err := c.Encode(nil, r)
			if err != nil {
				t.Error(err)
			}
			all += string(one)
		}
		return all
	}
	want := encodeAll()
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			if encodeAll() != want {
				t.Error("the same records have other forms")
			}
		})
	}
	running.Wait()
}
