package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit/destination"
)

// dryRunPatience is for how long events are read to count what would be sent.
const dryRunPatience = 8 * time.Second

// DryRun implements destination.Deliverer.
func (d *Delivery) DryRun(ctx context.Context, to destination.Destination, within destination.TimeRange) (destination.DryRunReport, error) {
	report := destination.DryRunReport{Complete: true, From: within.From.UTC()}
	to, err := d.options.Destinations.Reveal(to)
	if err != nil {
		return report, fmt.Errorf("count what would be sent: %w", err)
	}
	encoder, err := d.options.NewEncoder(to)
	if err != nil {
		return report, fmt.Errorf("count what would be sent: %w", err)
	}
	packer, enough := d.packer(to, encoder), time.Now().Add(dryRunPatience)
	for q := rowsWithin(packer, within, false); ; {
		page, err := d.rowsOf(to.Spec).Search(ctx, q)
		if err != nil {
			return report, fmt.Errorf("count what would be sent: %w", err)
		}
		for _, hit := range page.Hits {
			_, own, ok, err := packer.wanted(hit.Record)
			if own {
				report.Examined++
			}
			if !ok {
				continue
			}
			if body, err := packer.encode(hit.Record, err); err == nil {
				report.Events, report.Bytes = report.Events+1, report.Bytes+int64(len(body))
			}
		}
		if !page.HasNext {
			return report, nil
		}
		last := page.Hits[len(page.Hits)-1]
		if time.Now().After(enough) {
			report.Complete, report.From = false, last.Record.Time
			return report, nil
		}
		cursor := q.CursorAt(last)
		q.Window.After = &cursor
	}
}
