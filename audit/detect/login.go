package detect

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// login is a flow, as far as rules look at it.
type login struct {
	id, requestID, org   string
	userID, upstreamID   string
	started, ended       time.Time
	networks             []netip.Prefix // distinct, in order of appearance
	agent, idp           string
	device               string // the agent without versions
	tokens               []string
	failures             int // wrong credentials
	challenges           []challenge
	succeeded, assertion bool
	interactive          bool // a person took part, and was who they said or got in
}

// account identifies a user in an org.
type account struct{ org, user string }

// local is the user as the system knows them: what habits are kept by, since one
// user may come through several identity providers.
func (l *login) local() account {
	if l.userID != "" {
		return account{l.org, "local " + l.userID}
	}
	return l.typed()
}

// typed is the user as they were named at the identity provider: what failures are
// counted by, since the system often learns its own id only from a success.
func (l *login) typed() account {
	switch {
	case l.upstreamID != "":
		return account{l.org, "upstream " + l.upstreamID}
	case l.userID != "":
		return account{l.org, "local " + l.userID}
	}
	return account{}
}

func (l *login) network() netip.Prefix {
	if len(l.networks) == 0 {
		return netip.Prefix{}
	}
	return l.networks[0]
}

func (l *login) evidence() Evidence {
	return Evidence{FlowID: l.id, RequestID: l.requestID, At: l.started}
}

// The event names that rules look at.
const (
	authRequest  = "Authentication Request"
	idpRequest   = "Identity Provider Authentication"
	idpCallback  = "Identity Provider Callback"
	assertion    = "Assertion Request"
	mfaChallenge = "MFA Challenge"
	signIn       = "Login" // only as the deprecated stage
)

// loginOf returns what rules look at of a flow's summary. Its texts are parts of the summary.
func loginOf(f *audit.Flow) *login {
	l := &login{id: f.ID, requestID: f.RequestID, org: f.Org, userID: f.UserID, upstreamID: f.UpstreamUserID,
		started: f.StartedAt, ended: f.EndedAt, idp: f.UpstreamIDP, tokens: f.Tokens,
		succeeded: f.Outcome == audit.Succeeded, challenges: challengesOf(f.Stages)}
	if len(f.UserAgents) > 0 {
		l.agent = f.UserAgents[0]
	}
	for _, ip := range f.SourceIPs {
		if network, ok := NetworkOf(ip); ok && !slices.Contains(l.networks, network) {
			l.networks = append(l.networks, network)
		}
	}
	for _, stage := range f.Stages {
		switch stage.EventName {
		case assertion:
			l.assertion = true
		case authRequest, idpRequest, idpCallback, signIn:
			if strings.EqualFold(stage.Result, "Failure") {
				l.failures += stage.Count
			}
			l.interactive = l.interactive || strings.EqualFold(stage.Result, "Success")
		}
	}
	l.interactive = (l.interactive || l.succeeded) && !l.assertion
	return l
}

// NetworkOf returns the network that rules take an address for: the /24 of an
// IPv4 address, and the /64 of an IPv6 address, which is what one site has.
func NetworkOf(address string) (netip.Prefix, bool) {
	addr, ok := query.Address(address)
	if !ok {
		return netip.Prefix{}, false
	}
	bits := 24
	if addr.Is6() {
		bits = 64
	}
	network, err := addr.Prefix(bits)
	return network, err == nil
}

// deviceOf returns a user agent without its version numbers.
func deviceOf(agent string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '.' || r == '_' {
			return -1
		}
		return r
	}, agent)
}
