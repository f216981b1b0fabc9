package delivery

import (
	"context"
	"math"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// purge removes what is remembered of a destination that is no more. What it leaves,
// sweep removes later.
func (d *Delivery) purge(ctx context.Context, k key) {
	for _, entry := range []audit.EntryKey{k.lease(), k.wish()} {
		present, err := d.options.Registry.Get(ctx, entry)
		if err == nil {
			_ = d.options.Registry.Delete(ctx, entry, present.Version)
		}
	}
	_ = d.dropLetters(ctx, k, math.MaxInt64)
}

// sweep removes what is remembered of destinations that are no more, and whose
// removal was cut short.
func (d *Delivery) sweep(ctx context.Context) {
	remembered := map[key]bool{}
	for _, kind := range []string{leaseKind, wishKind} {
		_ = d.entries(ctx, audit.AllOrgs(), kind, func(entry audit.Entry) error {
			remembered[key{entry.Org, entry.ID}] = true
			return nil
		})
	}
	all, err := d.list(ctx) // later: what was remembered before was there, or is gone
	if err != nil {
		d.options.Logger.Warn("what is remembered of former destinations was not looked through", "error", err)
		return
	}
	began := time.Now()
	for k := range remembered {
		if _, there := all[k]; !there && time.Since(began) < time.Minute {
			d.purge(ctx, k)
		}
	}
}
