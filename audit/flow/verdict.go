package flow

import (
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// verdictOf says in one or two plain sentences what happened. The first tells
// how the attempt ended and what led there, the second what is odd about it. It
// states only what records show, and each clause cites those that show it.
func verdictOf(f *audit.Flow, end ending) audit.Verdict {
	a := accountOf(f, end)
	first := a.outcome()
	first = append(first, enumerated(slices.Concat(a.facts(), a.challenges(), a.failedBefore(), a.aftermath()))...)
	text := sentence(first)
	parts := first
	if odd := append(a.oddities(), a.clock()...); len(odd) > 0 {
		odd[0].joint = ""
		text += " " + sentence(odd)
		parts = append(parts, odd...)
	}
	v := audit.Verdict{Text: text}
	for _, p := range parts {
		v.Clauses = append(v.Clauses, audit.Clause{Text: p.text, Records: p.records})
	}
	return v
}

// part is a clause with what joins it to the one before.
type part struct {
	joint   string
	text    string
	records []*audit.Record
}

func clause(joint, text string, records ...*audit.Record) part { return part{joint, text, records} }

func sentence(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.joint + p.text)
	}
	return b.String() + "."
}

// enumerated joins facts into "; a, b and c".
func enumerated(facts []part) []part {
	for i := range facts {
		switch i {
		case 0:
			facts[i].joint = "; "
		case len(facts) - 1:
			facts[i].joint = " and "
		default:
			facts[i].joint = ", "
		}
	}
	return facts
}

// outcome tells how the attempt ended.
func (a *account) outcome() []part {
	switch a.flow.Outcome {
	case audit.Succeeded:
		return a.succeeded()
	case audit.Denied:
		return a.denied()
	case audit.Failed:
		return a.failed("failed")
	case audit.TimedOut:
		return a.failed("timed out")
	case audit.Expired:
		return a.expired()
	case audit.Abandoned:
		return a.undecided(clause("", a.subject()+" never finished signing in"+a.to(), a.showing()...),
			"was never answered", "nothing followed ")
	}
	return a.undecided(clause("", a.subject()+" is signing in"+a.to(), a.showing()...),
		"is not answered yet", "the last step so far is ")
}

func (a *account) succeeded() []part {
	d := a.end.record
	if a.assertion != nil {
		given := "a token"
		if stepOf(d).is(codeIssued) {
			given = "a code"
		}
		parts := []part{clause("", a.subject()+" was given "+given+prefixed(" for ", a.app), a.showing()...)}
		return append(parts, a.since(a.assertion, "its assertion request")...)
	}
	parts := []part{clause("", a.subject()+" signed in"+a.to(), a.showing()...)}
	if took := d.Time.Sub(a.first().Time); took > 0 {
		parts = append(parts, clause(", ", "which took "+duration(took), a.first(), d))
	}
	return parts
}

func (a *account) denied() []part {
	main := a.subject() + " was denied access" + a.to()
	if name := a.endName(); name != "" {
		main = name + " denied " + a.object() + " access" + a.to()
	}
	return append([]part{clause("", main, a.showing()...)}, a.sinceProgress()...)
}

// failed tells of a failure or a timeout; did is which.
func (a *account) failed(did string) []part {
	what := "a step " + did
	if name := a.endName(); name != "" {
		what = name + a.from() + " " + did
	}
	parts := []part{clause("", a.subject()+" could not sign in"+a.to()+": "+what, a.showing()...)}
	if created := a.challenge(); created != nil {
		return append(parts, a.since(created, "it was created")...)
	}
	return append(parts, a.sinceProgress()...)
}

func (a *account) expired() []part {
	main := a.subject() + " could not sign in" + a.to() + ": the session had expired" + prefixed(" at ", a.endName())
	return append([]part{clause("", main, a.showing()...)}, a.since(a.first(), "the attempt began")...)
}

// undecided tells what the attempt came to: a challenge without an answer, or its last
// step. Where records follow that do not count, it does not say that nothing did.
func (a *account) undecided(main part, unanswered, otherwise string) []part {
	last := stepOf(a.last())
	if a.flow.Records[len(a.flow.Records)-1] != a.last() {
		otherwise = "the last step that counts is "
	} else if last.at(mfaChallenge) && last.is(create) {
		return []part{main, clause(": ", "the MFA Challenge"+a.whenCreated()+" "+unanswered, a.cited(a.last())...)}
	}
	return []part{main, clause(": ", otherwise+described(a.last()), a.last())}
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
