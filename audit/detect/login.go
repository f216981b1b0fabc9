package detect

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

// login is a flow, as far as rules look at it.
type login struct {
	id, requestID, org   string
	userID, upstreamID   string
	started, ended       time.Time
	signedIn             time.Time      // when it succeeded
	networks             []netip.Prefix // distinct, in order of appearance
	agent, idp           string
	device               string // the agent without versions
	tokens               []string
	failed               []moment // wrong credentials
	challenges           []challenge
	runs                 bool // some of these are of times that the summary does not know
	strays               []stray
	loose                bool // some networks may be those of strays
	records              int
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
		started: f.StartedAt, ended: f.EndedAt, signedIn: f.StartedAt, idp: f.UpstreamIDP, tokens: f.Tokens,
		succeeded: f.Outcome == audit.Succeeded, challenges: challengesOf(f.Stages), networks: networksOf(f.SourceIPs)}
	if len(f.UserAgents) > 0 {
		l.agent = f.UserAgents[0]
	}
	for i := range f.Stages {
		stage := &f.Stages[i]
		l.records += stage.Count
		if flow.Decides(stage) == audit.Succeeded {
			l.signedIn = stage.StartedAt
		}
		switch stage.EventName {
		case assertion:
			l.assertion = true
		case mfaChallenge:
			l.runs = l.runs || isRun(f, i)
		case authRequest, idpRequest, idpCallback, signIn:
			if strings.EqualFold(stage.Result, "Failure") {
				l.failed = append(l.failed, momentsOf(stage)...)
				l.runs = l.runs || isRun(f, i)
			}
			l.interactive = l.interactive || strings.EqualFold(stage.Result, "Success")
		}
	}
	l.interactive = (l.interactive || l.succeeded) && !l.assertion
	return l
}

// networksOf returns the different networks of some addresses, in order of appearance.
func networksOf(addresses []string) []netip.Prefix {
	var networks []netip.Prefix
	for _, address := range addresses {
		if network, ok := NetworkOf(address); ok && !slices.Contains(networks, network) {
			networks = append(networks, network)
		}
	}
	return networks
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
