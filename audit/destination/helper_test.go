package destination_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/secret"
	"github.com/authtrail/authtrail/store/sqlite"
)

// world is a registry that several processes share, and the key that they have.
type world struct {
	testing.TB
	registry audit.Registry
	keys     []secret.Key
	folder   string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return &world{TB: t, registry: store, keys: newKeys(t), folder: t.TempDir()}
}

func newKeys(t testing.TB) []secret.Key {
	t.Helper()
	keys, err := secret.Parse(secret.Generate())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// process is a store as a process of its own has it, which sees the registry by
// what is given, if anything is.
func (w *world) process(through audit.Registry) *destination.Store {
	w.Helper()
	vault := w.vault()
	if through == nil {
		through = w.registry
	}
	return destination.New(destination.Options{Registry: through, Vault: vault, Folder: destination.Folder{Path: w.folder}, Patience: 4 * time.Millisecond})
}

// webhook is a destination to store.
func webhook(t testing.TB, org, name, members string) destination.Destination {
	t.Helper()
	d, err := destination.Parse(fmt.Appendf(nil, `{"spec":{"enabled":true,"name":%q,"org_id":%q,"destination_type":"webhook",
		"location":"https://example.com/in","comment":"","filters":[]%s}}`, name, org, members))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (w *world) create(s *destination.Store, org, name string) destination.Destination {
	w.Helper()
	d, err := s.Create(w.Context(), webhook(w, org, name, ""))
	if err != nil {
		w.Fatalf("create %s: %v", name, err)
	}
	return d
}

// names lists the names of an org's destinations, sorted.
func (w *world) names(s *destination.Store, org string) []string {
	w.Helper()
	page, err := s.List(w.Context(), destination.Query{Scope: audit.Orgs(org), Limit: audit.MaxPageSize})
	if err != nil {
		w.Fatal(err)
	}
	names := []string{}
	for _, d := range page.Destinations {
		names = append(names, d.Spec.Name)
	}
	slices.Sort(names)
	return names
}

func isCode(err error, code audit.Code) bool { return err != nil && audit.AsError(err).Code == code }

// cut is the registry of a process that dies: at a write, before it or after it was
// done, and never answers again. At that moment, it may tell others.
type cut struct {
	audit.Registry
	writes int  // until it dies
	done   bool // whether the last write is done
	dead   bool
}

var errDead = errors.New("the process is dead")

func (c *cut) Get(ctx context.Context, key audit.EntryKey) (audit.Entry, error) {
	if c.dead {
		return audit.Entry{}, errDead
	}
	return c.Registry.Get(ctx, key)
}

func (c *cut) Put(ctx context.Context, entry audit.Entry) (audit.Version, error) {
	if c.dies() && !c.done {
		return "", errDead
	}
	version, err := c.Registry.Put(ctx, entry)
	if c.dead {
		return "", errDead
	}
	return version, err
}

func (c *cut) Delete(ctx context.Context, key audit.EntryKey, version audit.Version) error {
	if c.dies() && !c.done {
		return errDead
	}
	err := c.Registry.Delete(ctx, key, version)
	if c.dead {
		return errDead
	}
	return err
}

// dies counts a write, and reports whether it is the last.
func (c *cut) dies() bool {
	if c.dead {
		c.done = false // nothing more is done
		return true
	}
	c.writes--
	c.dead = c.writes < 0
	return c.dead
}

// pause is the registry of a process that is stopped before one of its writes, or
// after it, while others go on.
type pause struct {
	audit.Registry
	writes    int
	after     bool
	meanwhile func()
}

func (p *pause) at(write func()) {
	p.writes--
	if p.writes == -1 && !p.after {
		p.meanwhile()
	}
	write()
	if p.writes == -1 && p.after {
		p.meanwhile()
	}
}

func (p *pause) Put(ctx context.Context, entry audit.Entry) (version audit.Version, err error) {
	p.at(func() { version, err = p.Registry.Put(ctx, entry) })
	return version, err
}

func (p *pause) Delete(ctx context.Context, key audit.EntryKey, version audit.Version) (err error) {
	p.at(func() { err = p.Registry.Delete(ctx, key, version) })
	return err
}

// later is a process whose clock is ahead.
func (w *world) later(by time.Duration) *destination.Store {
	w.Helper()
	return destination.New(destination.Options{Registry: w.registry, Vault: w.vault(), Folder: destination.Folder{Path: w.folder},
		Now: func() time.Time { return time.Now().Add(by) }})
}

func (w *world) vault() *secret.Vault {
	w.Helper()
	vault := secret.New(secret.Options{Registry: w.registry, Keys: w.keys})
	if err := vault.Check(w.Context()); err != nil {
		w.Fatal(err)
	}
	return vault
}
