package flow_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit/flow"
)

func TestASummaryIsTheFlowWithoutItsRecords(t *testing.T) {
	t.Parallel()
	for name, now := range map[string]time.Time{"at once": began, "later": afterSample} {
		view := flow.NewView(nil, func() time.Time { return now }, idle, flow.Options{})
		for _, s := range append(stitchedSample(t), oddFlows(t)...) {
			_, row := newRow(s)
			want, got := *view.Flow(row), view.Summary(row)
			want.Records, want.Links, want.Verdict = nil, nil, got.Verdict
			want.Stages = append(want.Stages[:0:0], want.Stages...)
			for i := range want.Stages {
				want.Stages[i].Records = nil
			}
			if !reflect.DeepEqual(*got, want) {
				t.Fatalf("%s: %+v, want %+v", name, *got, want)
			}
		}
	}
}
