package detect

import (
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// challenge is what became of MFA challenges: one that was met, or some that were not.
type challenge struct {
	at    time.Time
	met   bool
	unmet int
}

// challengesOf reads the MFA challenges of a flow from its stages. A challenge that
// was created is not met unless a success follows; where none was created on
// record, each denial, failure or timeout is one that was not met.
func challengesOf(stages []audit.Stage) []challenge {
	var all []challenge
	created, at := 0, time.Time{}
	unmet := func(n int, when time.Time) {
		if n > 0 {
			all = append(all, challenge{at: when, unmet: n})
		}
	}
	for _, stage := range stages {
		if stage.EventName != mfaChallenge {
			continue
		}
		switch strings.ToLower(stage.Result) {
		case "create":
			unmet(created, at) // and another challenge was made instead
			created, at = stage.Count, stage.StartedAt
		case "success":
			unmet(created-1, at)
			all = append(all, challenge{at: stage.StartedAt, met: true})
			created = 0
		case "denied", "failure", "timeout":
			unmet(max(created, stage.Count), stage.StartedAt)
			created = 0
		}
	}
	unmet(created, at)
	return all
}
