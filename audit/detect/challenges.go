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

// challengesOf reads the MFA challenges of a flow from its stages. A denial, failure
// or timeout is one that was not met, and so is a challenge that was created and to
// which neither one of these nor a success belongs.
func challengesOf(stages []audit.Stage) []challenge {
	var read challengesRead
	for i := range stages {
		if stages[i].EventName != mfaChallenge {
			continue
		}
		for _, m := range momentsOf(&stages[i]) {
			read.see(strings.ToLower(stages[i].Result), m)
		}
	}
	read.giveUp()
	return read.all
}

type challengesRead struct {
	all  []challenge
	open []moment // challenges that were created, and nothing answered yet
}

func (c *challengesRead) see(result string, m moment) {
	switch result {
	case "create":
		c.open = append(c.open, m)
	case "success":
		c.answer(1)
		c.giveUp()
		c.all = append(c.all, challenge{at: m.at, met: true})
	case "denied", "failure", "timeout":
		c.answer(m.n)
		c.all = append(c.all, challenge{at: m.at, unmet: m.n})
	}
}

// answer takes so many away from the challenges that are open, the latest first.
func (c *challengesRead) answer(n int) {
	for n > 0 && len(c.open) > 0 {
		last := &c.open[len(c.open)-1]
		taken := min(n, last.n)
		n -= taken
		if last.n -= taken; last.n == 0 {
			c.open = c.open[:len(c.open)-1]
		}
	}
}

// giveUp counts the challenges that are open as not met, since nothing answers them any more.
func (c *challengesRead) giveUp() {
	for _, m := range c.open {
		c.all = append(c.all, challenge{at: m.at, unmet: m.n})
	}
	c.open = nil
}
