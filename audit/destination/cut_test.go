package destination_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// eachCut runs a test with a process that dies at each of its first writes, before
// and after it was done, in an org of its own each time.
func eachCut(t *testing.T, test func(t *testing.T, w *world, dying *cut, org string)) {
	w := newWorld(t)
	for write := range 5 {
		for _, done := range []bool{false, true} {
			name := fmt.Sprintf("write %d, done %v", write, done)
			w.TB = t
			t.Run(name, func(t *testing.T) {
				w.TB = t
				test(t, w, &cut{Registry: w.registry, writes: write, done: done}, name)
			})
		}
	}
}

func TestACreationThatWasCutOffIsNotInTheWay(t *testing.T) {
	t.Parallel()
	eachCut(t, func(t *testing.T, w *world, dying *cut, org string) {
		_, err := w.process(dying).Create(t.Context(), webhook(t, org, "a", ""))
		survived := err == nil
		s := w.process(nil)
		seen := w.names(s, org)
		created, err := s.Create(t.Context(), webhook(t, org, "a", ""))
		switch {
		case len(seen) == 0 && err != nil:
			t.Errorf("nobody has the name, which cannot be given: %v", err)
		case len(seen) == 1 && (!isCode(err, audit.Conflict) || created.Spec.Name != "a"):
			t.Errorf("the name is taken, and was given again: %v", err)
		case survived && len(seen) == 0:
			t.Error("what was acknowledged is not there")
		}
		if got := w.names(s, org); !slices.Equal(got, []string{"a"}) {
			t.Errorf("there are %v", got)
		}
		if err := s.Delete(t.Context(), audit.Orgs(org), created.ID); err != nil {
			t.Error(err)
		}
		w.create(s, org, "a")
	})
}

func TestARenamingThatWasCutOffIsNotInTheWay(t *testing.T) {
	t.Parallel()
	eachCut(t, func(t *testing.T, w *world, dying *cut, org string) {
		s := w.process(nil)
		d := w.create(s, org, "a")
		_, err := w.process(dying).Replace(t.Context(), audit.Orgs(org), d.ID, webhook(t, org, "b", ""))
		seen := w.names(s, org)
		if len(seen) != 1 || err == nil && seen[0] != "b" {
			t.Fatalf("there are %v", seen)
		}
		free := map[string]string{"a": "b", "b": "a"}[seen[0]]
		w.create(s, org, free)
		if _, err := s.Create(t.Context(), webhook(t, org, seen[0], "")); !isCode(err, audit.Conflict) {
			t.Errorf("a name was given twice: %v", err)
		}
		if _, err := s.Replace(t.Context(), audit.Orgs(org), d.ID, webhook(t, org, "c", "")); err != nil {
			t.Error(err)
		}
		w.create(s, org, seen[0])
	})
}

func TestARenamingThatWasCutOffCanBeRepeated(t *testing.T) {
	t.Parallel()
	eachCut(t, func(t *testing.T, w *world, dying *cut, org string) {
		s := w.process(nil)
		d := w.create(s, org, "a")
		_, _ = w.process(dying).Replace(t.Context(), audit.Orgs(org), d.ID, webhook(t, org, "b", ""))
		for _, name := range []string{"b", "a", "b"} {
			if _, err := s.Replace(t.Context(), audit.Orgs(org), d.ID, webhook(t, org, name, "")); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.names(s, org); !slices.Equal(got, []string{"b"}) {
			t.Errorf("there are %v", got)
		}
	})
}

func TestADeletionThatWasCutOffFreesTheName(t *testing.T) {
	t.Parallel()
	eachCut(t, func(t *testing.T, w *world, dying *cut, org string) {
		s := w.process(nil)
		d := w.create(s, org, "a")
		_ = w.process(dying).Delete(t.Context(), audit.Orgs(org), d.ID)
		if len(w.names(s, org)) == 1 {
			if err := s.Delete(t.Context(), audit.Orgs(org), d.ID); err != nil {
				t.Fatal(err)
			}
		}
		w.create(s, org, "a")
	})
}

// What another does while a process is stopped, for longer than anybody waits for
// it, must not make two of one name, nor lose what was acknowledged.
func TestAProcessThatWasStoppedDoesNoHarm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	changes := map[string]func(s *destination.Store, org string, d destination.Destination) (destination.Destination, error){
		"create": func(s *destination.Store, org string, _ destination.Destination) (destination.Destination, error) {
			return s.Create(t.Context(), webhook(t, org, "b", ""))
		},
		"rename": func(s *destination.Store, org string, d destination.Destination) (destination.Destination, error) {
			return s.Replace(t.Context(), audit.Orgs(org), d.ID, webhook(t, org, "b", ""))
		},
		"rename back": func(s *destination.Store, org string, d destination.Destination) (destination.Destination, error) {
			if d, err := s.Replace(t.Context(), audit.Orgs(org), d.ID, webhook(t, org, "b", "")); err != nil {
				return d, err
			}
			return s.Replace(t.Context(), audit.Orgs(org), d.ID, webhook(t, org, "a", ""))
		},
		"delete": func(s *destination.Store, org string, d destination.Destination) (destination.Destination, error) {
			return destination.Destination{}, s.Delete(t.Context(), audit.Orgs(org), d.ID)
		},
	}
	for first, change := range changes {
		for second, other := range changes {
			for write := range 10 {
				org := fmt.Sprintf("%s while %s is stopped at %d", second, first, write)
				s := w.process(nil)
				d := w.create(s, org, "a")
				stopped := &pause{Registry: w.registry, writes: write / 2, after: write%2 == 1,
					meanwhile: func() { _, _ = other(s, org, d) }}
				made, err := change(w.process(stopped), org, d)
				w.sound(s, org)
				if err == nil && made.ID != "" && second != "delete" {
					if _, err := s.Get(t.Context(), audit.Orgs(org), made.ID); err != nil {
						t.Errorf("%s: what was acknowledged is lost: %v", org, err)
					}
				}
			}
		}
	}
}

// sound checks that every destination has its name for itself.
func (w *world) sound(s *destination.Store, org string) {
	w.Helper()
	names := w.names(s, org)
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		w.Errorf("%s: a name was given twice: %v", org, names)
	}
	for _, name := range []string{"a", "b", "c"} {
		_, err := s.Create(w.Context(), webhook(w, org, name, ""))
		if taken := slices.Contains(names, name); taken != isCode(err, audit.Conflict) || !taken && err != nil {
			w.Errorf("%s: %v, and the creation of %s gave %v", org, names, name, err)
		}
	}
}

func TestWhatACreationLeftIsSwept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _ = w.process(&cut{Registry: w.registry, writes: 0, done: true}).Create(t.Context(), webhook(t, "o", "a", ""))
	entries := func() int {
		list, err := w.registry.List(t.Context(), audit.EntryQuery{Kind: "destination", Scope: audit.AllOrgs(), Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if entries() != 1 {
		t.Fatal("nothing was left")
	}
	w.create(w.process(nil), "o", "b")
	if got := entries(); got != 2 {
		t.Errorf("swept at once: %d entries", got)
	}
	later := w.later(2 * time.Hour)
	w.create(later, "o", "c")
	if got := entries(); got != 2 {
		t.Errorf("after two hours there are %d entries", got)
	}
}

func TestNamesThatAreGivenUpLeaveNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.process(nil)
	d := w.create(s, "o", "a")
	if _, err := s.Replace(t.Context(), audit.Orgs("o"), d.ID, webhook(t, "o", "b", "")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} {
		for _, kind := range []string{"destination", "destination-name"} {
			list, err := w.registry.List(t.Context(), audit.EntryQuery{Kind: kind, Scope: audit.AllOrgs(), Limit: 10})
			if err != nil || len(list) != want {
				t.Errorf("%d entries of kind %s, %v; want %d", len(list), kind, err, want)
			}
		}
		_ = s.Delete(t.Context(), audit.Orgs("o"), d.ID)
	}
}
