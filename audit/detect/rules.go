package detect

// Rule is a rule of detections.
type Rule string

// The rules.
const (
	PasswordGuessing          Rule = "PASSWORD_GUESSING"
	Spraying                  Rule = "SPRAYING"
	MFAFatigue                Rule = "MFA_FATIGUE"
	NewNetwork                Rule = "NEW_NETWORK"
	NewDevice                 Rule = "NEW_DEVICE"
	NewIDP                    Rule = "NEW_IDP"
	TokenFromForeignNetwork   Rule = "TOKEN_FROM_FOREIGN_NETWORK"
	ServiceAccountInteractive Rule = "SERVICE_ACCOUNT_INTERACTIVE"
)

// RuleInfo is what a rule looks for, for people.
type RuleInfo struct {
	Rule        Rule
	Title       string
	Description string
}

// Thresholds returns what the rule compares with unless it is told otherwise.
func (i RuleInfo) Thresholds() []Threshold { return Options{}.Thresholds(i.Rule) }

// Rules lists every rule.
var Rules = []RuleInfo{
	{PasswordGuessing, "Password guessing",
		"Many sign-ins of one user failed at the identity provider in a short time, from wherever. " +
			"A wrong password counts at its own time, whether a later try of the same attempt recovered from it or not; a denied policy, an MFA challenge " +
			"that was not met and an expired session do not. HIGH when the user signed in soon afterwards, or when there were more failures than " +
			"NIST allows to any account; else MEDIUM."},
	{Spraying, "Password spraying",
		"Sign-ins of many users failed at the identity provider in a short time, from one network. " +
			"A network from which as many users signed in as failed is an office or a carrier whose users mistype, and makes no detection. " +
			"HIGH when one of the users who failed signed in from there meanwhile or soon afterwards; else MEDIUM."},
	{MFAFatigue, "MFA fatigue",
		"Several MFA challenges of one user were denied, failed, timed out or left unanswered, and then one was met, all in a short time: " +
			"someone who knows the password asks until the user gives in. Always HIGH."},
	{NewNetwork, "First login from a network",
		"A user logged in from a network from which no login of theirs is on record in the history. Only for users with enough history; " +
			"not for those who log in from many networks, since one more says little of them. LOW; MEDIUM when the same login was also the first " +
			"with its device or through its identity provider."},
	{NewDevice, "First login with a device",
		"A user logged in with a device with which no login of theirs is on record in the history. A device is a user agent without its " +
			"version numbers, so that an update makes no new one. Otherwise as NEW_NETWORK."},
	{NewIDP, "First login through an identity provider",
		"A user logged in through an identity provider through which no login of theirs is on record in the history. MEDIUM, as it is how accounts " +
			"are linked to someone else's identity; otherwise as NEW_NETWORK."},
	{TokenFromForeignNetwork, "Token used from a foreign network",
		"An API audit, another attempt to log in, or a record without a request id names a token and comes from a network that is none of the login that issued the token, and from which " +
			"its user had not logged in before that, in the history or in the range. Not for users who log in from many networks. HIGH when an API was called; else MEDIUM."},
	{ServiceAccountInteractive, "Service account used interactively",
		"An account that otherwise gets its tokens with assertions was used by someone whose identity an identity provider confirmed, " +
			"or who was given a token without an assertion. Only for accounts with enough history, nearly all of it assertions. HIGH when a token was given; else MEDIUM."},
}

// known reports whether there is such a rule.
func (r Rule) known() bool {
	for _, info := range Rules {
		if info.Rule == r {
			return true
		}
	}
	return false
}
