package storetest

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// TestMain keeps rapid from spending half a minute on making each mutant's
// failure small, and from writing it down: mutants are meant to fail. Since what
// is generated differs from run to run, of the usual number of questions one run
// in 600 asks none that tells some mutant from the naive store; of five times as
// many, none ever does, and a mutant is asked no more of them than until it is noticed.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.shrinktime": "10ms", "rapid.nofailfile": "true", "rapid.checks": "500"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// Every mutant is the naive store with one defect; the suite must notice it.
func TestTheSuiteNoticesDefects(t *testing.T) {
	t.Parallel()
	for name, d := range defects {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failures := failuresOf(t, groups(), d.group, func(testing.TB) audit.Store { return mutant{newMemory(), d} })
			if len(failures) == 0 {
				t.Errorf("the suite's group %q accepts a store with this defect", d.group)
			}
			for _, failure := range failures {
				if strings.Contains(failure, "the check is wrong") {
					t.Error(failure)
				}
			}
		})
	}
}

// The witness must see nothing where there is nothing: else it would prove nothing.
func TestTheWitnessFindsNoFaultInASoundStore(t *testing.T) {
	t.Parallel()
	for _, g := range groups() {
		if strings.HasPrefix(g.name, "generated") || g.name == "awkward records" {
			continue // slow, and no different
		}
		if failures := failuresOf(t, groups(), g.name, openMemory); len(failures) > 0 {
			t.Errorf("%s: %s", g.name, failures[0])
		}
	}
}

// failuresOf runs a group of the suite, and returns what its checks complain of.
func failuresOf(t *testing.T, groups []group, name string, open Open) []string {
	t.Helper()
	i := slices.IndexFunc(groups, func(g group) bool { return g.name == name })
	if i < 0 {
		t.Fatalf("there is no group %q", name)
	}
	g := groups[i]
	var shared *subject
	opening := &witness{TB: t}
	defer opening.cleanUp() // the store that the checks share lives as long as they run
	failures := opening.watch(func(tb testing.TB) { shared = g.prepare(tb, open, Except{}) })
	for i := 0; i < len(g.checks) && len(failures) == 0; i++ {
		w := &witness{TB: t}
		failures = w.watch(func(tb testing.TB) { g.checks[i].run(tb, g.subjectOf(tb, shared, open, Except{})) })
		w.cleanUp()
	}
	return failures
}

// witness is a testing.TB that keeps failures to itself.
type witness struct {
	testing.TB
	mu       sync.Mutex
	failures []string
	cleanups []func()
}

// watch runs a check and returns its failures.
func (w *witness) watch(run func(testing.TB)) []string {
	done := make(chan struct{})
	go func() { // of its own, so that Fatal can end it
		defer close(done)
		run(w)
	}()
	<-done
	return w.failures
}

func (w *witness) cleanUp() {
	for _, clean := range slices.Backward(w.cleanups) {
		clean()
	}
}

func (w *witness) fail(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, text)
}

func (w *witness) Failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.failures) > 0
}

func (w *witness) Cleanup(clean func())              { w.cleanups = append(w.cleanups, clean) }
func (w *witness) Fail()                             { w.fail("failed") }
func (w *witness) Error(args ...any)                 { w.fail(fmt.Sprint(args...)) }
func (w *witness) Errorf(format string, args ...any) { w.fail(fmt.Sprintf(format, args...)) }
func (w *witness) Fatal(args ...any)                 { w.fail(fmt.Sprint(args...)); runtime.Goexit() }
func (w *witness) Fatalf(format string, args ...any) { w.Errorf(format, args...); runtime.Goexit() }
func (w *witness) FailNow()                          { w.Fail(); runtime.Goexit() }
func (w *witness) Skip(args ...any)                  { runtime.Goexit() }
func (w *witness) Skipf(string, ...any)              { runtime.Goexit() }
func (w *witness) SkipNow()                          { runtime.Goexit() }
func (w *witness) Log(...any)                        {}
func (w *witness) Logf(string, ...any)               {}
