package destination_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/secret"
)

func TestOfManyWhoCreateOneNameExactlyOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const many = 8
	made := make([]destination.Destination, many)
	errs := make([]error, many)
	var all sync.WaitGroup
	for i := range many {
		s := w.process(nil)
		all.Go(func() { made[i], errs[i] = s.Create(t.Context(), webhook(t, "o", "a", "")) })
	}
	all.Wait()
	won := 0
	for i := range many {
		switch {
		case errs[i] == nil:
			won++
		case !isCode(errs[i], audit.Conflict):
			t.Error(errs[i])
		}
		if made[i].ID != made[0].ID {
			t.Errorf("one was told of %s, another of %s", made[i].ID, made[0].ID)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func TestProcessesThatChangeTheSameAtOnceKeepNamesApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all sync.WaitGroup
	for worker := range 4 {
		s, dice := w.process(nil), rand.New(rand.NewPCG(uint64(worker), 7))
		all.Go(func() {
			for range 25 {
				name := string(rune('a' + dice.IntN(3)))
				page, err := s.List(t.Context(), destination.Query{Scope: audit.Orgs("o"), Limit: 9})
				if err != nil {
					t.Error(err)
					return
				}
				if n := len(page.Destinations); n > 0 && dice.IntN(4) > 0 {
					id := page.Destinations[dice.IntN(n)].ID
					if dice.IntN(5) == 0 {
						err = s.Delete(t.Context(), audit.Orgs("o"), id)
					} else {
						_, err = s.Replace(t.Context(), audit.Orgs("o"), id, webhook(t, "o", name, ""))
					}
				} else {
					_, err = s.Create(t.Context(), webhook(t, "o", name, ""))
				}
				if err != nil && !isCode(err, audit.Conflict) && !isCode(err, audit.NotFound) && !isCode(err, audit.Unavailable) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	w.sound(w.process(nil), "o")
}

func TestEveryChangeIsANewVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(nil)
	d := w.create(s, "o", "a")
	for range 20 { // faster than microseconds pass, on some machines
		next, err := s.Replace(t.Context(), audit.Orgs("o"), d.ID, webhook(t, "o", "a", ""))
		if err != nil {
			t.Fatal(err)
		}
		if !next.Updated.After(d.Updated) || !next.Created.Equal(d.Created) {
			t.Fatalf("changed at %s, after %s", next.Updated, d.Updated)
		}
		stale := webhook(t, "o", "a", "")
		stale.Updated = d.Updated
		if _, err := s.Replace(t.Context(), audit.Orgs("o"), d.ID, stale); !isCode(err, audit.Conflict) {
			t.Fatalf("a stale version was replaced: %v", err)
		}
		d = next
	}
}

func TestADestinationStaysInItsOrg(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(nil)
	d := w.create(s, "o", "a")
	if _, err := s.Replace(t.Context(), audit.AllOrgs(), d.ID, webhook(t, "p", "a", "")); !isCode(err, audit.BadUserInput) {
		t.Errorf("moved: %v", err)
	}
	for _, scope := range []audit.Scope{audit.Orgs("p"), audit.Orgs("p", "q")} {
		if _, err := s.Get(t.Context(), scope, d.ID); !isCode(err, audit.NotFound) {
			t.Errorf("seen from %v: %v", scope, err)
		}
	}
	for _, scope := range []audit.Scope{audit.Orgs("o"), audit.Orgs("n", "o"), audit.AllOrgs()} {
		if _, err := s.Get(t.Context(), scope, d.ID); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Get(t.Context(), audit.Scope{}, d.ID); !isCode(err, audit.Internal) {
		t.Errorf("without a scope: %v", err)
	}
}

const basic = `,"authentication":{"authentication_type":"http_basic","http_basic":{"username":"me","password":"swordfish"}}`

func TestSecretsAreThereForWhoAsksForThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(nil)
	made, err := s.Create(t.Context(), webhook(t, "o", "a", basic))
	if err != nil {
		t.Fatal(err)
	}
	read, err := s.Get(t.Context(), audit.Orgs("o"), made.ID)
	if err != nil || bytes.Contains(read.JSON(), []byte("swordfish")) || read.Spec.Authentication.Type != destination.HTTPBasic {
		t.Errorf("read %s, %v", read.JSON(), err)
	}
	revealed, err := s.Reveal(read)
	if err != nil || !bytes.Equal(revealed.JSON(), made.JSON()) || !bytes.Contains(made.JSON(), []byte("swordfish")) {
		t.Errorf("revealed %s, %v", revealed.JSON(), err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "d", revealed, "a", revealed.Spec.Authentication)
	text := fmt.Sprintf("%s %v %+v %#v", log.String(), revealed, revealed.Spec, *revealed.Spec.Authentication)
	if strings.Contains(text, "swordfish") {
		t.Errorf("a log would have %s", text)
	}
	w.keys = newKeys(t)
	if err := secret.New(secret.Options{Registry: w.registry, Keys: w.keys}).Check(t.Context()); !errors.Is(err, secret.ErrOtherKey) {
		t.Errorf("another key: %v", err)
	}
}

func TestSecretsOpenInTheirOwnPlaceOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(nil)
	a, err := s.Create(t.Context(), webhook(t, "o", "a", basic))
	if err != nil {
		t.Fatal(err)
	}
	b := w.create(s, "o", "b")
	entry := func(id string) audit.Entry {
		e, err := w.registry.Get(t.Context(), audit.EntryKey{Kind: "destination", Org: "o", ID: id})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	stolen := entry(b.ID)
	stolen.Body = entry(a.ID).Body
	if _, err := w.registry.Put(t.Context(), stolen); err != nil {
		t.Fatal(err)
	}
	read, err := s.Get(t.Context(), audit.Orgs("o"), b.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reveal(read); !errors.Is(err, secret.ErrOtherKey) {
		t.Errorf("what was copied to another destination opens there: %v", err)
	}
}

func TestAfterARotationTheOldKeyIsNotNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, err := w.process(nil).Create(t.Context(), webhook(t, "o", "a", basic))
	if err != nil {
		t.Fatal(err)
	}
	old, newest := w.keys, newKeys(t)
	w.keys = slices.Concat(newest, old)
	both := w.process(nil)
	reads := func(s *destination.Store) {
		t.Helper()
		read, err := s.Get(t.Context(), audit.Orgs("o"), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		if revealed, err := s.Reveal(read); err != nil || !bytes.Equal(revealed.JSON(), made.JSON()) {
			t.Errorf("revealed %s, %v", revealed.JSON(), err)
		}
	}
	reads(both)
	for range 2 { // the second time there is nothing to do
		if err := both.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.keys = newest
	reads(w.process(nil))
	if err := secret.New(secret.Options{Registry: w.registry, Keys: old}).Check(t.Context()); !errors.Is(err, secret.ErrOtherKey) {
		t.Errorf("with the old key alone: %v", err)
	}
}
