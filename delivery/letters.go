package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/lease"
)

// letter is an event that a receiver refused. Those of a destination are numbered
// from 0.
type letter struct {
	ID     string    `json:"id"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// letters is an entry: letters that stand together.
type letters struct {
	First   int64    `json:"first"` // the number of the first of them
	Letters []letter `json:"letters"`
}

const (
	keptLetters = 10_000    // of a destination, at least
	letterBytes = 200 << 10 // of an entry, about
	maxReason   = 500       // bytes
)

// letterKey is that of the entry whose first letter has a number. The latest come
// first in the order of keys.
func (k key) letters(first int64) audit.EntryKey {
	return audit.EntryKey{Kind: letterKind, Org: k.org, ID: fmt.Sprintf("%s/%016x", k.id, math.MaxInt64-first)}
}

// keepLetters keeps dead letters before the checkpoint moves. When it is cut short,
// what is refused again has the same numbers, and takes their place.
func (t *term) keepLetters(kept []letter) error {
	if len(kept) == 0 {
		return nil
	}
	k, first := keyOf(t.destination), t.state.DeadLetters
	for rest, number := kept, first; len(rest) > 0; {
		n, size := 0, 0
		for ; n < len(rest) && (n == 0 || size < letterBytes); n++ {
			rest[n].Reason = cutText(rest[n].Reason, maxReason)
			size += rest[n].size()
		}
		body, err := json.Marshal(letters{number, rest[:n]})
		if err != nil {
			return fmt.Errorf("keep dead letters: %w", err)
		}
		entry := audit.Entry{EntryKey: k.letters(number), Body: body}
		err = t.patiently("keep dead letters", func(ctx context.Context) error {
			if !t.held.Held() {
				return lease.ErrLost // whoever has it may have given the numbers to others
			}
			return t.overwrite(ctx, entry)
		})
		if err != nil {
			return fmt.Errorf("keep dead letters: %w", err)
		}
		rest, number = rest[n:], number+int64(n)
	}
	t.state.DeadLetters += int64(len(kept))
	t.dirty = true
	t.say(&t.said.letters, "a destination refuses events, which become dead letters", "events", len(kept), "reason", kept[0].Reason)
	if was, is := first/1_000, t.state.DeadLetters/1_000; is > was && t.state.DeadLetters > keptLetters {
		return t.patiently("drop old dead letters", func(ctx context.Context) error {
			return t.dropLetters(ctx, k, t.state.DeadLetters-keptLetters)
		})
	}
	return nil
}

// size is about how many bytes a letter has in its entry, where some characters need six.
func (l letter) size() int {
	text, _ := json.Marshal(l.Reason) // texts always can be
	return len(l.ID) + len(text) + 80
}

// cutText cuts a text to a number of bytes, between two characters.
func cutText(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

// overwrite puts an entry whatever is there.
func (d *Delivery) overwrite(ctx context.Context, entry audit.Entry) error {
	for range changeAttempts {
		_, err := d.options.Registry.Put(ctx, entry)
		if !isCode(err, audit.Conflict) {
			return err
		}
		present, err := d.options.Registry.Get(ctx, entry.EntryKey)
		if err != nil {
			return err
		}
		entry.Version = present.Version
	}
	return &audit.Error{Code: audit.Unavailable, Message: "an entry is being changed by others"}
}

// letterPage is how many entries of letters, which may be long, are read at once.
const letterPage = 8

// readLetters calls do for the entries of a destination, the latest first: those whose
// first letter has a number below a bound.
func (d *Delivery) readLetters(ctx context.Context, k key, below int64, do func(audit.Entry, letters) (bool, error)) error {
	after := k.letters(below)
	if below == math.MaxInt64 {
		after.ID = k.id + "/"
	}
	q := audit.EntryQuery{Kind: letterKind, Scope: audit.Orgs(k.org), After: after, Limit: letterPage}
	for {
		entries, err := d.options.Registry.List(ctx, q)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			var kept letters
			if !strings.HasPrefix(entry.ID, k.id+"/") {
				return nil
			}
			if err := json.Unmarshal(entry.Body, &kept); err != nil {
				return fmt.Errorf("read a dead letter: %w", err)
			}
			if more, err := do(entry, kept); err != nil || !more {
				return err
			}
		}
		if len(entries) < q.Limit {
			return nil
		}
		q.After = entries[len(entries)-1].EntryKey
	}
}

// dropLetters drops the entries whose letters have numbers below a bound.
func (d *Delivery) dropLetters(ctx context.Context, k key, below int64) error {
	return d.readLetters(ctx, k, below, func(entry audit.Entry, kept letters) (bool, error) {
		if kept.First+int64(len(kept.Letters)) > below {
			return true, nil
		}
		err := d.options.Registry.Delete(ctx, entry.EntryKey, entry.Version)
		if isCode(err, audit.Conflict) {
			err = nil // another has done it
		}
		return err == nil, err
	})
}

// DeadLetters implements destination.Deliverer.
func (d *Delivery) DeadLetters(ctx context.Context, of destination.Destination, before string, limit int) ([]destination.DeadLetter, error) {
	bound := int64(math.MaxInt64)
	if before != "" {
		n, err := strconv.ParseInt(before, 10, 64)
		if err != nil || n < 0 {
			return nil, audit.Invalid("before", "is not the id of a dead letter")
		}
		bound = n
	}
	var found []destination.DeadLetter
	err := d.readLetters(ctx, keyOf(of), bound, func(_ audit.Entry, kept letters) (bool, error) {
		for i := len(kept.Letters) - 1; i >= 0 && len(found) < limit; i-- {
			if number, l := kept.First+int64(i), kept.Letters[i]; number < bound {
				found = append(found, destination.DeadLetter{ID: fmt.Sprintf("%016d", number),
					Key: audit.Key{Org: of.Spec.OrgID, UniqueID: l.ID}, Reason: l.Reason, At: l.At})
			}
		}
		return len(found) < limit, nil
	})
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	return found, nil
}
