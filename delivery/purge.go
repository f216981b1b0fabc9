package delivery

import (
	"context"
	"math"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// purgeGone removes what is remembered of a destination, unless it is there after all.
func (d *Delivery) purgeGone(ctx context.Context, k key) error {
	_, err := d.options.Destinations.Get(ctx, audit.Orgs(k.org), k.id)
	if isCode(err, audit.NotFound) {
		return d.purge(ctx, k)
	}
	return err
}

// purge removes what is remembered of a destination that is no more. What it leaves,
// sweep removes later.
func (d *Delivery) purge(ctx context.Context, k key) error {
	for _, entry := range []audit.EntryKey{k.lease(), k.wish()} {
		if err := d.remove(ctx, entry); err != nil {
			return err
		}
	}
	return d.dropLetters(ctx, k, math.MaxInt64)
}

// remove removes an entry, though another process may be changing it.
func (d *Delivery) remove(ctx context.Context, entry audit.EntryKey) (err error) {
	for range changeAttempts {
		var present audit.Entry
		if present, err = d.options.Registry.Get(ctx, entry); err == nil {
			err = d.options.Registry.Delete(ctx, entry, present.Version)
		}
		if !isCode(err, audit.Conflict) {
			break
		}
	}
	if isCode(err, audit.NotFound) {
		return nil
	}
	return err
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
			d.awaitElsewhere(ctx, k) // who deletes it this moment waits for its holder
			_ = d.purgeGone(ctx, k)  // or in an hour
		}
	}
}
