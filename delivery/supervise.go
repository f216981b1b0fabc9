package delivery

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// Run delivers until ctx ends; then it lets what is being sent end, and gives the
// leases back. It is called once.
func (d *Delivery) Run(ctx context.Context) {
	d.purges.Store(true)
	swept, warned, news := time.Time{}, time.Time{}, audit.Version("")
	for ctx.Err() == nil {
		if err := d.look(ctx); err != nil && ctx.Err() == nil && time.Since(warned) > time.Minute {
			warned = time.Now()
			d.options.Logger.Warn("destinations cannot be read; delivery goes on to those that are known", "error", err)
		}
		if time.Since(swept) > time.Hour {
			swept = time.Now()
			d.sweep(ctx)
		}
		d.untilChanged(ctx, &news)
	}
	d.end()
}

// untilChanged returns when it is time to look at the destinations.
func (d *Delivery) untilChanged(ctx context.Context, news *audit.Version) {
	poll := time.NewTicker(d.options.Poll / newsOften)
	defer poll.Stop()
	for range newsOften {
		select {
		case <-poll.C:
			if !d.options.Alone && d.isNews(ctx, news) {
				return
			}
		case <-d.roused:
			return
		case <-ctx.Done():
			return
		}
	}
}

// end waits for all workers, for as long as they may take.
func (d *Delivery) end() {
	all := d.present()
	for _, w := range all {
		w.stop()
	}
	cut := time.AfterFunc(d.options.Drain, func() {
		for _, w := range all {
			w.cut()
		}
	})
	defer cut.Stop()
	d.running.Wait()
}

// present lists the workers.
func (d *Delivery) present() []*worker {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Values(d.workers))
}

// toldOf returns how far the worker of this process is that delivers to a destination,
// and since when it has something to read; no state where another process does, or none.
func (d *Delivery) toldOf(of destination.Destination) (*state, *time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if w := d.workers[keyOf(of)]; w != nil {
		reading := w.reading.Load() // before: what is dealt with by then is in the state
		return w.told.Load(), reading
	}
	return nil, nil
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
		w.wait(cutPatience)
	}
	d.rouse()
	d.endElsewhere(k)
	if d.purges.Load() { // and what is remembered is removed, which another process looked at until now
		d.mu.Lock()
		d.touched[k] = true
		d.mu.Unlock()
		d.rouse()
	}
}

// cutPatience is how long a change waits for what is being sent to end: senders do so
// at once, but for a disk that hangs.
const cutPatience = 10 * time.Second

// wait returns when the worker has ended, or after a time.
func (w *worker) wait(length time.Duration) {
	select {
	case <-w.done:
	case <-time.After(length):
		w.log.Error("what was being sent to a destination does not end, though the destination has changed")
	}
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
	for _, k := range d.adjust(ctx, changes, all, wishes) {
		if err := d.purgeGone(ctx, k); err != nil {
			return err // sweep does it
		}
	}
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
// missing, unless there were changes since that was read. It returns which
// destinations are gone. It waits for nothing that may be stuck: the next worker of a
// destination waits for the one before it.
func (d *Delivery) adjust(ctx context.Context, changes uint64, all map[key]destination.Destination, wishes map[key]wish) (gone []key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.changes != changes {
		d.rouse()
		return nil
	}
	for k := range d.touched {
		if _, there := all[k]; !there {
			gone = append(gone, k)
		}
	}
	clear(d.touched)
	before := map[key]<-chan struct{}{}
	for k, w := range d.workers {
		now, there := all[k]
		if !there || !now.Spec.Enabled || !now.Updated.Equal(w.destination.Updated) {
			w.cut()
			before[k] = w.done
			delete(d.workers, k)
		}
	}
	for k, found := range all {
		if !found.Spec.Enabled || ctx.Err() != nil {
			continue
		}
		if d.workers[k] == nil {
			d.workers[k] = d.start(ctx, found, before[k])
		}
		d.workers[k].tell(wishes[k])
	}
	return gone
}
