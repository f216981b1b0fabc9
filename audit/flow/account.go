package flow

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// maxName is how many runes of a name a verdict shows.
const maxName = 80

// account is what a verdict is written from.
type account struct {
	flow      *audit.Flow
	end       ending
	user, app string          // as people know them; empty when unknown
	naming    []*audit.Record // those that name the two
	assertion *audit.Record   // the first assertion request: the user is a service account
	confirmed *audit.Record   // the last confirmation of the identity by a provider before the end
}

func accountOf(f *audit.Flow, end ending) *account {
	a := &account{flow: f, end: end}
	a.user = a.named(a.userFields()...)
	a.app = a.named(query.ApplicationName)
	for _, r := range end.read {
		s := stepOf(r)
		if r == end.record {
			break
		}
		if s.at(assertion) && a.assertion == nil {
			a.assertion = r
		}
		if s.at(idpCallback, idpRequest) && s.is(success) {
			a.confirmed = r
		}
	}
	return a
}

func (a *account) first() *audit.Record { return a.end.read[0] }
func (a *account) last() *audit.Record  { return a.end.read[len(a.end.read)-1] }

func (a *account) to() string { return prefixed(" to ", a.app) }

// endName returns the name of the step that decided.
func (a *account) endName() string { return plainName(stepOf(a.end.record).name, maxName) }

// from names the identity provider where a step of its own decided.
func (a *account) from() string {
	if !stepOf(a.end.record).at(idpCallback, idpRequest) {
		return ""
	}
	return prefixed(" from ", a.provider(a.end.record, ""))
}

// since tells how long after an earlier record the attempt was decided.
func (a *account) since(earlier *audit.Record, what string) []part {
	if earlier == a.end.record {
		return nil
	}
	return []part{clause(" ", when(a.end.record.Time.Sub(earlier.Time), what), earlier, a.end.record)}
}

// sinceProgress tells how long after the identity was confirmed, or else after
// the first record, the attempt was decided.
func (a *account) sinceProgress() []part {
	if a.confirmed != nil {
		return a.since(a.confirmed, a.confirmation("confirmed"))
	}
	return a.since(a.first(), "the attempt began")
}

// confirmation tells that a provider confirmed the identity, or had confirmed it.
func (a *account) confirmation(confirmed string) string {
	return a.provider(a.confirmed, "the identity provider") + " " + confirmed + " the identity" + prefixed(" of ", a.somebodyElse(a.confirmed))
}

// challenge returns the MFA challenge that the deciding record is the end of.
func (a *account) challenge() *audit.Record {
	if !stepOf(a.end.record).at(mfaChallenge) {
		return nil
	}
	var created *audit.Record
	for _, r := range a.end.read {
		if r == a.end.record {
			break
		}
		if s := stepOf(r); s.at(mfaChallenge) && s.is(create) {
			created = r
		}
	}
	return created
}

// whenCreated tells when a challenge that is the last record was created.
func (a *account) whenCreated() string {
	switch {
	case a.confirmed != nil:
		return ", created " + when(a.last().Time.Sub(a.confirmed.Time), a.confirmation("confirmed")) + ","
	case a.last() != a.first():
		return ", created " + when(a.last().Time.Sub(a.first().Time), "the attempt began") + ","
	}
	return ""
}

// cited returns the record and the one that whenCreated measures from.
func (a *account) cited(r *audit.Record) []*audit.Record {
	from := a.first()
	if a.confirmed != nil {
		from = a.confirmed
	}
	if from == r {
		return []*audit.Record{r}
	}
	return []*audit.Record{from, r}
}

// providerNames are how identity providers write their own names.
var providerNames = map[string]string{
	"apple": "Apple", "auth0": "Auth0", "azure": "Azure", "duo": "Duo", "facebook": "Facebook", "github": "GitHub",
	"gitlab": "GitLab", "google": "Google", "keycloak": "Keycloak", "linkedin": "LinkedIn", "local": "the local identity provider",
	"microsoft": "Microsoft", "okta": "Okta", "onelogin": "OneLogin", "yahoo": "Yahoo",
}

// provider names the identity provider of a record, or else of its flow.
func (a *account) provider(r *audit.Record, unknown string) string {
	name := valueOf(r, query.UpstreamIDP)
	if name == "" {
		name = a.flow.UpstreamIDP
	}
	if proper, ok := providerNames[strings.ToLower(name)]; ok {
		return proper
	}
	if name = plainName(name, maxName); name != "" {
		return name
	}
	return unknown
}

// when tells a point in time by another.
func when(gap time.Duration, what string) string {
	if gap == 0 {
		return "just as " + what
	}
	return duration(gap) + " after " + what
}

// duration writes a length of time as people say it.
func duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "less than 1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return strings.Replace(fmt.Sprintf("%.1f s", d.Truncate(100*time.Millisecond).Seconds()), ".0 ", " ", 1)
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return twoUnits(d/time.Minute, "min", d%time.Minute/time.Second, "s")
	case d < 24*time.Hour:
		return twoUnits(d/time.Hour, "h", d%time.Hour/time.Minute, "min")
	}
	return twoUnits(d/(24*time.Hour), "d", d%(24*time.Hour)/time.Hour, "h")
}

func twoUnits(large time.Duration, unit string, small time.Duration, smallUnit string) string {
	if small == 0 {
		return fmt.Sprintf("%d %s", large, unit)
	}
	return fmt.Sprintf("%d %s %d %s", large, unit, small, smallUnit)
}

// listed joins names into "a, b and c", and leaves out those beyond three.
func listed(names []string) string {
	shown := slices.Clone(names)
	for i := range shown {
		shown[i] = plainName(shown[i], maxName)
	}
	if len(shown) > 3 {
		shown = append(shown[:3], fmt.Sprintf("%d more", len(names)-3))
	}
	if len(shown) == 1 {
		return shown[0]
	}
	return strings.Join(shown[:len(shown)-1], ", ") + " and " + shown[len(shown)-1]
}
