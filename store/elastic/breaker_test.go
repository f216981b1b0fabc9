package elastic

import (
	"testing"
	"time"
)

func TestBreaker(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	b := &breaker{now: func() time.Time { return now }}
	expect := func(what string, want bool) {
		t.Helper()
		if wait, got := b.allow(); got != want || got != (wait == 0) {
			t.Errorf("%s: a request is allowed: %v, wait %v; want %v", what, got, wait, want)
		}
	}
	for range breakAfter - 1 {
		expect("after a few failures", true)
		b.failed()
	}
	expect("before the last failure", true)
	if !b.failed() {
		t.Error("the failure that breaks the circuit is not told")
	}
	expect("after several failures in a row", false)
	now = now.Add(firstPause)
	expect("after the pause", true)
	expect("beside the one that tries", false)
	if b.failed() {
		t.Error("the circuit breaks a second time")
	}
	now = now.Add(firstPause)
	expect("in the pause after the second try, which is longer", false)
	now = now.Add(firstPause)
	expect("after it", true)
	b.succeeded()
	for range breakAfter - 1 {
		expect("after a success", true)
		b.failed()
	}
	expect("after fewer failures", true)
	for range 100 {
		b.failed()
	}
	if wait, _ := b.allow(); wait != lastPause {
		t.Errorf("after a hundred failures the pause is %v, want %v", wait, lastPause)
	}
}
