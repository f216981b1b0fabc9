package flow

import (
	"fmt"
	"slices"

	"github.com/authtrail/authtrail/audit"
)

// challenges tells of repeated MFA challenges: somebody kept asking.
func (a *account) challenges() []part {
	var created []*audit.Record
	for _, r := range a.end.read {
		if s := stepOf(r); s.at(mfaChallenge) && s.is(create) {
			created = append(created, r)
		}
	}
	if len(created) < 2 {
		return nil
	}
	text := fmt.Sprintf("%d MFA challenges were created", len(created))
	if within := created[len(created)-1].Time.Sub(created[0].Time); within > 0 {
		text += " within " + duration(within)
	}
	return []part{clause("", text, created...)}
}

// aftermath tells of what came after the attempt was decided and changed nothing:
// of a success that something ended, of a failure any further step that has a name.
func (a *account) aftermath() []part {
	later := a.after()
	if a.end.decided == audit.Succeeded {
		for _, r := range later {
			if s := stepOf(r); deciding(s) != "" {
				return []part{clause("", ended(s)+" "+a.later(r)+", which does not undo it", r)}
			}
		}
		return nil
	}
	later = slices.DeleteFunc(slices.Clone(later), func(r *audit.Record) bool { return stepOf(r).name == "" })
	if len(later) == 0 || len(a.clock()) > 0 {
		return nil
	}
	last, which := later[len(later)-1], "which decides nothing"
	if len(later) > 1 {
		which = fmt.Sprintf("the last of %d steps that decide nothing", len(later))
	}
	text := fmt.Sprintf("%s, %s, came %s", described(last), which, a.later(last))
	return []part{clause("", text, later...)}
}

// failedBefore tells of a failure before the session expired, which ends the attempt
// and is not another try.
func (a *account) failedBefore() []part {
	if a.end.decided != audit.Expired {
		return nil
	}
	for _, r := range slices.Backward(a.end.read[:len(a.end.read)-len(a.after())-1]) {
		name := plainName(stepOf(r).name, maxName)
		if name == "" {
			name = "a step"
		}
		switch deciding(stepOf(r)) {
		case audit.TimedOut:
			return []part{clause("", name+" had timed out before", r)}
		case audit.Failed:
			return []part{clause("", name+" had failed before", r)}
		case audit.Denied:
			return []part{clause("", name+" had denied access before", r)}
		}
	}
	return nil
}

// after returns the records after the one that decides.
func (a *account) after() []*audit.Record {
	for i, r := range a.end.read {
		if r == a.end.record {
			return a.end.read[i+1:]
		}
	}
	return nil
}

// comesAfter reports whether a record comes after the one that decides.
func (a *account) comesAfter(r *audit.Record) bool { return slices.Contains(a.after(), r) }

// later tells how long after the deciding record another one came.
func (a *account) later(r *audit.Record) string {
	if gap := r.Time.Sub(a.end.record.Time); gap > 0 {
		return duration(gap) + " later"
	}
	return "at the same time"
}

// ended tells of a timeout or an expired session.
func ended(s step) string {
	name := plainName(s.name, maxName)
	switch {
	case s.is(sessionExpired):
		return "the session expired" + prefixed(" at ", name)
	case name == "":
		return "a step timed out"
	}
	return name + " timed out"
}

// described returns the name of a record's step, and its result.
func described(r *audit.Record) string {
	s := stepOf(r)
	name := plainName(s.name, maxName)
	if name == "" {
		name = "a step without a name"
	}
	if result := plainName(s.result, maxName); result != "" {
		name += " (" + result + ")"
	}
	return name
}

// clock tells that the times of an attempt cannot all be right: the step with which
// one begins is dated after others, as happens when a clock goes back.
func (a *account) clock() []part {
	first := a.first()
	if opens(stepOf(first)) || !stepOf(first).at(idpRequest, idpCallback, policy, mfaChallenge, token) {
		return nil
	}
	for _, r := range a.end.read {
		if gap := r.Time.Sub(first.Time); gap > 0 && opens(stepOf(r)) {
			return []part{clause("; ", fmt.Sprintf("%s, with which an attempt begins, is dated %s after %s, so a clock may have gone back",
				plainName(stepOf(r).name, maxName), duration(gap), plainName(stepOf(first).name, maxName)), first, r)}
		}
	}
	return nil
}

// opens reports whether an attempt begins with the step.
func opens(s step) bool {
	return s.at(authRequest) && (s.result == "" || s.is(inProgress)) || s.at(assertion) && deciding(s) == ""
}
