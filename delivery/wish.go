package delivery

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// wish is what was asked of a delivery last. It is an entry of the registry: whichever
// process delivers obeys it, now or after a restart.
type wish struct {
	Resume string      `json:"resume,omitempty"` // another one each time
	Replay *replayWish `json:"replay,omitempty"`
}

type replayWish struct {
	ID   string    `json:"id"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	At   time.Time `json:"at"`
}

func (w wish) same(other wish) bool {
	return w.Resume == other.Resume && w.replayID() == other.replayID()
}

func (w wish) replayID() string {
	if w.Replay == nil {
		return ""
	}
	return w.Replay.ID
}

// readWishes returns all wishes.
func (d *Delivery) readWishes(ctx context.Context) (map[key]wish, error) {
	wishes := map[key]wish{}
	err := d.entries(ctx, audit.AllOrgs(), wishKind, func(entry audit.Entry) error {
		var wanted wish
		if err := json.Unmarshal(entry.Body, &wanted); err != nil {
			return fmt.Errorf("read what is wished of a delivery: %w", err)
		}
		wishes[key{entry.Org, entry.ID}] = wanted
		return nil
	})
	return wishes, err
}

// entries calls do for every entry of a kind.
func (d *Delivery) entries(ctx context.Context, scope audit.Scope, kind string, do func(audit.Entry) error) error {
	q := audit.EntryQuery{Kind: kind, Scope: scope, Limit: audit.MaxEntries}
	for {
		entries, err := d.options.Registry.List(ctx, q)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if err := do(entry); err != nil {
				return err
			}
		}
		if len(entries) < q.Limit {
			return nil
		}
		q.After = entries[len(entries)-1].EntryKey
	}
}

// want changes what is wished of a delivery.
func (d *Delivery) want(ctx context.Context, k key, change func(*wish) error) error {
	for range changeAttempts {
		entry, err := d.options.Registry.Get(ctx, k.wish())
		if isCode(err, audit.NotFound) {
			entry, err = audit.Entry{EntryKey: k.wish(), Body: json.RawMessage("{}")}, nil
		}
		if err != nil {
			return err
		}
		var wanted wish
		if err := json.Unmarshal(entry.Body, &wanted); err != nil {
			return err
		}
		if err := change(&wanted); err != nil {
			return err
		}
		if entry.Body, err = json.Marshal(wanted); err != nil {
			return err
		}
		if _, err = d.options.Registry.Put(ctx, entry); !isCode(err, audit.Conflict) {
			d.rouse()
			return err
		}
	}
	return &audit.Error{Code: audit.Unavailable, Message: "the destination is being changed by others; try again"}
}

// changeAttempts is how often a change begins again after another was quicker.
const changeAttempts = 20

// Resume implements destination.Deliverer.
func (d *Delivery) Resume(ctx context.Context, to destination.Destination) error {
	err := d.want(ctx, keyOf(to), func(w *wish) error {
		w.Resume = rand.Text()
		return nil
	})
	if err != nil {
		return fmt.Errorf("resume a delivery: %w", err)
	}
	return nil
}

// obey does what was wished.
func (t *term) obey(reading context.Context) error {
	wanted := t.wish.Load()
	if wanted == nil {
		return nil
	}
	if wanted.Resume != "" && wanted.Resume != t.state.Resumed {
		t.state.Resumed = wanted.Resume
		t.resume()
		if err := t.save(); err != nil {
			return err
		}
		if t.sender == nil {
			return errReopen
		}
	}
	if r := wanted.Replay; r != nil && (t.state.Replay == nil || t.state.Replay.ID != r.ID) && t.sender != nil {
		t.state.Replay = &replayState{replayWish: *r}
		if err := t.save(); err != nil {
			return err
		}
		t.beginReplay(reading)
	}
	return nil
}
