package observe

import (
	"context"
	"encoding/json"

	"github.com/authtrail/authtrail/audit"
)

// Ingester counts what becomes of the events that pass through it.
func (m *Metrics) Ingester(next audit.Ingester) audit.Ingester { return measuredIngester{next, m} }

type measuredIngester struct {
	next audit.Ingester
	m    *Metrics
}

// Ingest implements audit.Ingester.
func (i measuredIngester) Ingest(ctx context.Context, p audit.Principal, events []json.RawMessage) ([]audit.EventStatus, error) {
	statuses, err := i.next.Ingest(ctx, p, events)
	if err != nil {
		i.m.ingested.WithLabelValues("refused").Add(float64(len(events)))
		return statuses, err
	}
	counts := make(map[audit.Status]int, 5)
	for _, s := range statuses {
		counts[s.Status]++
	}
	for status, n := range counts {
		i.m.ingested.WithLabelValues(string(status)).Add(float64(n))
	}
	return statuses, nil
}
