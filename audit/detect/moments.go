package detect

import (
	"cmp"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// moment is when something happened: n times, where of a run of records only the
// time of the first is known.
type moment struct {
	at time.Time
	n  int
}

// momentsOf returns when the records of a stage are from. A summary says only when
// the stage began.
func momentsOf(stage *audit.Stage) []moment {
	if len(stage.Records) == 0 {
		return []moment{{stage.StartedAt, stage.Count}}
	}
	moments := make([]moment, len(stage.Records))
	for i, r := range stage.Records {
		moments[i] = moment{r.Time, 1}
	}
	return moments
}

// isRun reports whether a stage has several records that may be of different times.
func isRun(f *audit.Flow, i int) bool {
	end := f.EndedAt
	if i+1 < len(f.Stages) {
		end = f.Stages[i+1].StartedAt
	}
	return f.Stages[i].Count > 1 && end.After(f.Stages[i].StartedAt)
}

// event is what a rule counts of a login: wrong credentials, so many, or none where
// the login counts since it succeeded.
type event struct {
	at     time.Time
	login  *login
	failed int
}

// failuresOf returns the wrong credentials of some logins, oldest first.
func failuresOf(logins []*login) []event {
	var events []event
	for _, l := range logins {
		for _, failed := range l.failed {
			events = append(events, event{failed.at, l, failed.n})
		}
	}
	return byTime(events)
}

func byTime(events []event) []event {
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	return events
}

// loginsOf returns the logins of some events, each once, oldest first.
func loginsOf(events []event) []*login {
	var logins []*login
	seen := map[*login]bool{}
	for _, e := range events {
		if !seen[e.login] {
			seen[e.login] = true
			logins = append(logins, e.login)
		}
	}
	slices.SortFunc(logins, func(a, b *login) int { return cmp.Or(a.started.Compare(b.started), cmp.Compare(a.id, b.id)) })
	return logins
}

// failuresIn counts the wrong credentials among some events.
func failuresIn(events []event) (n int) {
	for _, e := range events {
		n += e.failed
	}
	return n
}
