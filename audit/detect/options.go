package detect

import "time"

// Options are the thresholds. The zero value of a member is its default.
type Options struct {
	GuessFailures int           // PASSWORD_GUESSING: failed tries of one user
	GuessWindow   time.Duration // within this time

	SprayUsers  int           // SPRAYING: users who failed from one network
	SprayWindow time.Duration // within this time

	FatigueChallenges int           // MFA_FATIGUE: challenges that were not met before one that was
	FatigueWindow     time.Duration // within this time

	History      time.Duration // how long before a login its user's habits are looked for
	HistoryLogin int           // how many logins there must be in it
	HistorySpan  time.Duration // how long ago the first of them must be
	KnownValues  int           // how many networks, devices or identity providers a user may have, for another to be news

	TokenLife time.Duration // how long after its login a token's uses are looked at

	AssertionShare int // SERVICE_ACCOUNT_INTERACTIVE: percent of the logins in the history that used an assertion
}

// The default thresholds.
const (
	GuessFailures     = 10
	GuessWindow       = 30 * time.Minute
	SprayUsers        = 10
	SprayWindow       = time.Hour
	FatigueChallenges = 5
	FatigueWindow     = 10 * time.Minute
	History           = 30 * 24 * time.Hour
	HistoryLogin      = 10
	HistorySpan       = 5 * 24 * time.Hour
	KnownValues       = 10
	TokenLife         = 24 * time.Hour
	AssertionShare    = 95
)

// guessLimit is how many consecutive failures of one account NIST SP 800-63B,
// "Rate Limiting (Throttling)", lets a verifier accept.
const guessLimit = 100

func (o Options) withDefaults() Options {
	orElse(&o.GuessFailures, GuessFailures)
	orElse(&o.GuessWindow, GuessWindow)
	orElse(&o.SprayUsers, SprayUsers)
	orElse(&o.SprayWindow, SprayWindow)
	orElse(&o.FatigueChallenges, FatigueChallenges)
	orElse(&o.FatigueWindow, FatigueWindow)
	orElse(&o.History, History)
	orElse(&o.HistoryLogin, HistoryLogin)
	orElse(&o.HistorySpan, HistorySpan)
	orElse(&o.KnownValues, KnownValues)
	orElse(&o.TokenLife, TokenLife)
	orElse(&o.AssertionShare, AssertionShare)
	return o
}

func orElse[T int | time.Duration](value *T, otherwise T) {
	if *value <= 0 {
		*value = otherwise
	}
}

// Threshold is a number that a rule compares with.
type Threshold struct {
	Name   string
	Value  int
	Unit   string // "minutes", "hours", "days" or "percent"; empty for plain counts
	Reason string // why it is this number, and where it comes from
}

// Thresholds returns what a rule compares with under these options.
func (o Options) Thresholds(rule Rule) []Threshold {
	o = o.withDefaults()
	switch rule {
	case PasswordGuessing:
		return []Threshold{
			{"failures", o.GuessFailures, "", "PCI DSS 4.0, 8.3.4, locks an account after no more than 10 invalid attempts; a person who forgot a password stops earlier."},
			{"window", minutes(o.GuessWindow), "minutes", "PCI DSS 4.0, 8.3.4, keeps the account locked for 30 minutes at least."},
			{"limit", guessLimit, "", "NIST SP 800-63B allows no account more than 100 consecutive failed attempts; from there on the severity is HIGH."},
		}
	case Spraying:
		return []Threshold{
			{"users", o.SprayUsers, "", "Elastic's Okta rule for spraying from a single address fires at 5 users; here a whole network counts, which an office may share, so twice as many."},
			{"window", minutes(o.SprayWindow), "minutes", "The same rule looks back one hour: sprays are paced to stay below lockouts."},
		}
	case MFAFatigue:
		return []Threshold{
			{"challenges", o.FatigueChallenges, "", "Elastic's Okta rule for successful MFA bombing asks for 5 pushes that were denied before one that was accepted."},
			{"window", minutes(o.FatigueWindow), "minutes", "The same rule lets them span 10 minutes."},
		}
	case NewNetwork, NewDevice, NewIDP:
		return append(o.history(), Threshold{"known", o.KnownValues, "",
			"A user who has more of them than this in the history is on the move, and a new one is no news."})
	case TokenFromForeignNetwork:
		return []Threshold{
			{"life", hours(o.TokenLife), "hours", "Access tokens are seldom valid for longer than a day; looking at later uses would cost without finding more."},
			{"history", days(o.History), "days", "Networks of logins in this time before the range count as the user's own."},
			{"known", o.KnownValues, "", "A user who logs in from more networks than this is on the move, and another one is no news."},
		}
	case ServiceAccountInteractive:
		return append(o.history(), Threshold{"assertions", o.AssertionShare, "percent",
			"Nearly all of its logins: an administrator may have signed in to it now and then, which does not make it a person's account."})
	}
	return nil
}

func (o Options) history() []Threshold {
	return []Threshold{
		{"history", days(o.History), "days", "A month holds a user's habits, those of weekends and of month ends too; older ones may be given up."},
		{"logins", o.HistoryLogin, "", "Microsoft Entra ID Protection learns a user for 10 logins before it speaks of atypical ones."},
		{"span", days(o.HistorySpan), "days", "Microsoft Entra ID Protection learns a user for 5 days at least before it speaks of unfamiliar properties."},
	}
}

func minutes(d time.Duration) int { return int(d / time.Minute) }
func hours(d time.Duration) int   { return int(d / time.Hour) }
func days(d time.Duration) int    { return hours(d) / 24 }
