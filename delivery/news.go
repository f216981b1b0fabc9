package delivery

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// A process that changes a destination changes an entry of the registry as well, the
// same for all destinations, at which the other processes look often: it costs them one
// Get, while to look at all destinations costs a search. What they miss, as the entry is
// written after the change, they see a moment later, when they look at all.

var newsKey = audit.EntryKey{Kind: "delivery-news", ID: "destinations"}

// newsOften is how many times there may be news while all is looked at once.
const newsOften = 5

// tellOthers says that a destination has changed.
func (d *Delivery) tellOthers(ctx context.Context) error {
	news := audit.Entry{EntryKey: newsKey}
	present, err := d.options.Registry.Get(ctx, newsKey)
	switch {
	case err == nil:
		news.Version = present.Version
	case !isCode(err, audit.NotFound):
		return err
	}
	if news.Body, err = json.Marshal(rand.Text()); err != nil {
		return err
	}
	if _, err = d.options.Registry.Put(ctx, news); isCode(err, audit.Conflict) {
		return nil // another has just said so
	}
	return err
}

// isNews reports whether another process may have changed a destination since this was
// called before. What cannot be read is none.
func (d *Delivery) isNews(ctx context.Context, last *audit.Version) bool {
	present, err := d.options.Registry.Get(ctx, newsKey)
	if err != nil || present.Version == *last {
		return false
	}
	*last = present.Version
	return true
}

// elsewhere is how long a change waits for another process to end what it is sending.
// One that does not by then is dead, or hangs; it sends nothing more, as it looks before
// each batch.
const elsewhere = 3 * time.Second

// endElsewhere ends what another process is sending to a destination that has changed.
func (d *Delivery) endElsewhere(k key) {
	if d.options.Alone {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), elsewhere)
	defer cancel()
	var telling sync.WaitGroup
	telling.Go(func() {
		if err := d.tellOthers(ctx); err != nil {
			d.options.Logger.Warn("other processes learn late that a destination has changed", "error", err)
		}
	})
	ended := d.awaitElsewhere(ctx, k) // beside: who sees the change meanwhile begins anew, and that one is not to be waited for
	telling.Wait()
	if !ended {
		d.options.Logger.Warn("a destination has changed, and the process that delivers to it has not said that it has ended what it was sending",
			"destination", k.id, "org", k.org)
	}
}

// awaitElsewhere waits until no other process sends to a destination, and reports whether
// that is so.
func (d *Delivery) awaitElsewhere(ctx context.Context, k key) bool {
	if d.options.Alone {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, elsewhere)
	defer cancel()
	return d.leases.AwaitOthers(ctx, k.lease()) == nil
}
