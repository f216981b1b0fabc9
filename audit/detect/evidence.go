package detect

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// detection returns a detection that logins of one org, oldest first, show; of is
// what else tells it from others of the rule that begin with the same login.
func detection(rule Rule, severity Severity, logins []*login, of ...string) *Detection {
	first := logins[0]
	d := &Detection{Rule: rule, Severity: severity, Org: first.org, First: first.started, Last: logins[len(logins)-1].started,
		FlowCount: len(logins)}
	for _, l := range ends(logins) {
		d.Flows = append(d.Flows, l.evidence())
	}
	sum := sha256.Sum256([]byte(strings.Join(append([]string{string(rule), first.org, first.id}, of...), "\x00")))
	d.ID = hex.EncodeToString(sum[:16])
	return d
}

// ends returns as many of the first and of the last as make MaxEvidence.
func ends[T any](all []T) []T {
	if len(all) <= MaxEvidence {
		return all
	}
	return slices.Concat(all[:MaxEvidence/2], all[len(all)-MaxEvidence/2:])
}

// and adds what a login shows beside the rest.
func (d *Detection) and(l *login, text string) {
	d.Text += " " + text
	if slices.ContainsFunc(d.Flows, func(e Evidence) bool { return e.FlowID == l.id }) {
		return
	}
	if len(d.Flows) == MaxEvidence {
		d.Flows = slices.Delete(d.Flows, MaxEvidence/2-1, MaxEvidence/2)
	}
	d.Flows = append(d.Flows, l.evidence())
	slices.SortStableFunc(d.Flows, func(a, b Evidence) int { return a.At.Compare(b.At) })
	d.FlowCount++
	d.Last = later(d.Last, l.signedIn)
}

// name is the user as people know them.
func (l *login) name() string { return cmp.Or(plain(l.upstreamID), plain(l.userID), "an unknown user") }

// plain makes a name that somebody sent fit into a sentence.
func plain(name string) string {
	name = strings.Join(strings.Fields(name), " ")
	if runes := []rune(name); len(runes) > 80 {
		return string(runes[:79]) + "…"
	}
	return name
}

// several writes a number of things.
func several(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// lasting writes a length of time.
func lasting(d time.Duration) string {
	switch {
	case d < time.Second:
		return "less than a second"
	case d < 2*time.Minute:
		return several(int(d/time.Second), "second")
	case d < 2*time.Hour:
		return several(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return several(int(d/time.Hour), "hour")
	}
	return several(int(d/(24*time.Hour)), "day")
}
