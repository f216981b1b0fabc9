package delivery

import (
	"context"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// Run delivers until ctx ends; then it lets what is being sent end, and gives the
// leases back. It is called once.
func (d *Delivery) Run(ctx context.Context) {
	poll := time.NewTicker(d.options.Poll)
	defer poll.Stop()
	swept, warned := time.Time{}, time.Time{}
	for ctx.Err() == nil {
		if err := d.look(ctx); err != nil && ctx.Err() == nil && time.Since(warned) > time.Minute {
			warned = time.Now()
			d.options.Logger.Warn("destinations cannot be read; delivery goes on to those that are known", "error", err)
		}
		if time.Since(swept) > time.Hour {
			swept = time.Now()
			d.sweep(ctx)
		}
		select {
		case <-poll.C:
		case <-d.roused:
		case <-ctx.Done():
		}
	}
	d.end()
}

// end waits for all workers, for as long as they may take.
func (d *Delivery) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range d.workers {
		w.stop()
	}
	cut := time.AfterFunc(d.options.Drain, func() {
		for _, w := range d.workers { // nobody changes them while this waits
			w.cut()
		}
	})
	defer cut.Stop()
	for _, w := range d.workers {
		<-w.done
	}
}

// rouse has the supervisor look at once.
func (d *Delivery) rouse() {
	select {
	case d.roused <- struct{}{}:
	default: // it is about to
	}
}

// changed is called by the store of destinations, before the change is answered:
// nothing is sent any more as the destination was.
func (d *Delivery) changed(org, id string) {
	k := key{org, id}
	d.mu.Lock()
	d.changes++
	w := d.workers[k]
	delete(d.workers, k)
	d.mu.Unlock()
	if w != nil {
		w.cut()
		<-w.done
	}
	d.mu.Lock()
	d.touched[k] = true
	d.mu.Unlock()
	d.rouse()
}

// look starts and stops workers as the destinations are now.
func (d *Delivery) look(ctx context.Context) error {
	d.mu.Lock()
	changes := d.changes
	d.mu.Unlock()
	all, err := d.list(ctx)
	if err != nil {
		return err
	}
	wishes, err := d.readWishes(ctx)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.changes != changes {
		d.rouse() // what was read is older than that
		return nil
	}
	d.wishes = wishes
	for k := range d.touched {
		if _, there := all[k]; there || d.purge(ctx, k) == nil {
			delete(d.touched, k)
		}
	}
	d.adjust(ctx, all)
	return nil
}

// list returns all destinations.
func (d *Delivery) list(ctx context.Context) (map[key]destination.Destination, error) {
	all := map[key]destination.Destination{}
	q := destination.Query{Scope: audit.AllOrgs(), Limit: audit.MaxPageSize}
	for {
		page, err := d.options.Destinations.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, found := range page.Destinations {
			all[keyOf(found)] = found
		}
		if len(page.Destinations) < q.Limit {
			return all, nil
		}
		q.PageAt = page.Next
	}
}

// adjust stops the workers of what is not there as it was, and starts what is
// missing. The lock is held.
func (d *Delivery) adjust(ctx context.Context, all map[key]destination.Destination) {
	var ending []*worker
	for k, w := range d.workers {
		now, there := all[k]
		if !there || !now.Spec.Enabled || !now.Updated.Equal(w.destination.Updated) {
			w.cut()
			ending = append(ending, w)
			delete(d.workers, k)
		}
	}
	for _, w := range ending {
		<-w.done
	}
	for k, found := range all {
		if !found.Spec.Enabled || ctx.Err() != nil {
			continue
		}
		if d.workers[k] == nil {
			d.workers[k] = d.start(ctx, found)
		}
		d.workers[k].tell(d.wishes[k])
	}
}
