package flow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// facts tells what else the attempt went through, as far as it helps to
// understand its outcome.
func (a *account) facts() []part {
	var facts []part
	switch a.flow.Outcome {
	case audit.Succeeded:
		if a.assertion != nil {
			return nil
		}
		if a.confirmed != nil {
			facts = append(facts, clause("", a.confirmation("confirmed"), a.confirmed))
		}
		facts = append(facts, a.mfa()...)
		return append(facts, a.missingToken()...)
	case audit.Denied:
		facts = a.mfa()
	case audit.TimedOut:
		if a.confirmed != nil && a.challenge() != nil {
			facts = append(facts, clause("", a.confirmation("had confirmed"), a.confirmed))
		}
	}
	return append(facts, a.undone()...)
}

// mfa tells what became of the second factor. That it was never asked for is
// said only where policy was evaluated, since policy is what asks. Records that do not
// count say nothing of the outcome, but nothing is said that they belie.
func (a *account) mfa() []part {
	var asked, passed, policies []*audit.Record
	for _, r := range a.end.read {
		s := stepOf(r)
		if s.at(policy) {
			policies = append(policies, r)
		}
		if asksForMFA(s) {
			asked = append(asked, r)
		}
		if s.at(mfaChallenge) && s.is(success) {
			passed = append(passed, r)
		}
	}
	switch {
	case len(passed) > 0:
		return []part{clause("", "MFA was passed", passed...)}
	case len(asked) > 0 && a.comesAfter(asked[0]) && a.end.decided == audit.Succeeded:
		return nil // the success did without
	case len(asked) > 0 && a.aside(func(s step) bool { return s.at(mfaChallenge) && s.is(success) }):
		return []part{clause("", "MFA was asked for", asked...)}
	case len(asked) > 0:
		return []part{clause("", "MFA was asked for but no record shows that it was passed", asked...)}
	case len(policies) > 0 && a.assertion == nil && !a.aside(asksForMFA):
		return []part{clause("", "MFA was never asked for", policies...)}
	}
	return nil
}

// aside reports whether there is such a step among the records that do not count.
func (a *account) aside(is func(step) bool) bool {
	return slices.ContainsFunc(a.undeciding(), func(r *audit.Record) bool { return is(stepOf(r)) })
}

// missingToken tells of a code that no token was given for.
func (a *account) missingToken() []part {
	if !stepOf(a.end.record).is(codeIssued) {
		return nil
	}
	for _, r := range a.flow.Records {
		if stepOf(r).at(token) {
			return nil
		}
	}
	return []part{clause("", "no token is on record", a.end.record)}
}

// undone tells of a success that a later record undid.
func (a *account) undone() []part {
	for _, r := range a.end.read {
		if deciding(stepOf(r)) == audit.Succeeded && a.end.record != nil {
			return []part{clause("", "the attempt had succeeded before", r)}
		}
	}
	return nil
}

// oddities are what makes the attempt unlike others: tries that failed, several
// users, more records than a flow holds, and what is not sure of it.
func (a *account) oddities() []part {
	var odd []part
	if tries := a.end.retried; len(tries) > 0 {
		odd = append(odd, clause("", "it had failed "+times(len(tries))+" before"+prefixed(", at ", a.retriedAt()), tries...))
	}
	if users, named := usersOf(a.flow.Records); len(users) > 1 {
		odd = append(odd, clause("", fmt.Sprintf("its records name %d users: %s", len(users), listed(users)), named...))
	}
	if a.flow.Truncated {
		odd = append(odd, clause("", a.cut(), a.first(), a.last()))
	}
	odd = append(odd, a.doubts()...)
	for i := range odd {
		if i > 0 {
			odd[i].joint = "; "
		}
	}
	if len(odd) > 0 {
		odd[0].text = capital(odd[0].text)
	}
	return odd
}

// cut tells of what records nothing is said.
func (a *account) cut() string {
	if len(a.flow.Records) < audit.MaxFlowRecords {
		return fmt.Sprintf("its events have more than %d MiB, and of those in the middle nothing is said here", audit.MaxFlowBytes>>20)
	}
	return fmt.Sprintf("it has more than %d records, and of those between the first and the last %d nothing is said here",
		audit.MaxFlowRecords, audit.MaxFlowRecords/2)
}

// retriedAt lists the different steps that failed before another try.
func (a *account) retriedAt() string {
	var names []string
	seen := map[string]bool{"": true}
	for _, r := range a.end.retried {
		if name := stepOf(r).name; !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return listed(names)
}

// usersOf returns the different users of some records, and the first record of
// each. A user has two ids; where neither differs there is one user.
func usersOf(records []*audit.Record) (users []string, named []*audit.Record) {
	field := query.UpstreamUserID
	if len(distinct(records, field)) < 2 {
		field = query.UserID
	}
	seen := map[string]bool{"": true}
	for _, r := range records {
		if user := valueOf(r, field); !seen[user] {
			seen[user] = true
			users, named = append(users, user), append(named, r)
		}
	}
	return users, named
}

// severalUsers reports whether usersOf returns more than one.
func severalUsers(records []*audit.Record) bool {
	return len(distinct(records, query.UpstreamUserID)) > 1 || len(distinct(records, query.UserID)) > 1
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// capital begins a sentence that begins with a word of ours.
func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
