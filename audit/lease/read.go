package lease

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Read returns what an entry says of a lease to those who do not take it: the state
// that was saved with it last, and whether it has a holder, dead or alive.
func Read(entry audit.Entry) (state json.RawMessage, held bool, err error) {
	d, err := read(entry)
	return d.State, d.Holder != "", err
}

// HolderOf returns who holds a lease, dead or alive, by a name that none before or
// after has; it is empty where nobody does.
func HolderOf(entry audit.Entry) (string, error) {
	d, err := read(entry)
	return d.Holder, err
}

func read(entry audit.Entry) (d document, err error) {
	if err := json.Unmarshal(entry.Body, &d); err != nil {
		return document{}, fmt.Errorf("read %s %q: %w", entry.Kind, entry.ID, err)
	}
	return d, nil
}

// AwaitOthers returns when the holder that a lease has now, in another process, has
// released or lost it: at once where there is none. When ctx ends before, it is that
// ctx's error.
func (l *Leases) AwaitOthers(ctx context.Context, key audit.EntryKey) error {
	first := ""
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		entry, err := l.registry.Get(ctx, key)
		if err != nil && audit.AsError(err).Code == audit.NotFound {
			return nil
		}
		holder := ""
		if err == nil {
			if holder, err = HolderOf(entry); err == nil && (holder == "" || l.own(holder) || first != "" && holder != first) {
				return nil
			}
		}
		if err == nil {
			first = holder
		}
		if err := sleep(ctx, pause); err != nil {
			return fmt.Errorf("wait for the holder of a lease: %w", err)
		}
	}
}

// own reports whether a holder is of this process.
func (l *Leases) own(holder string) bool { return strings.HasPrefix(holder, l.process+".") }
