package demo

// scenario is one way in which an attempt goes.
type scenario struct {
	steps   []step
	actions bool // the session goes on to use APIs and the application
	recent  bool // it began minutes ago and is undecided
	service bool // a service account, not a person
}

// step is one record of an attempt.
type step struct {
	eventName, result string
	newTrace          bool // it was triggered by a new HTTP request
	user              bool // the user is known by now
	session           bool // so is the session
	token             bool // it carries the token's id
	slow              bool // a person had to do something first
}

var (
	request   = step{eventName: "Authentication Request", result: "InProgress", newTrace: true}
	redirect  = step{eventName: "Identity Provider Authentication", result: "Authenticate"}
	callback  = step{eventName: "Identity Provider Callback", result: "Success", newTrace: true, user: true, slow: true}
	badLogin  = step{eventName: "Identity Provider Callback", result: "Failure", newTrace: true, slow: true}
	allow     = step{eventName: "Policy Evaluation", result: "Success", user: true, session: true}
	deny      = step{eventName: "Policy Evaluation", result: "Denied", user: true, session: true}
	askMFA    = step{eventName: "Policy Evaluation", result: "DoMfa", user: true, session: true}
	challenge = step{eventName: "MFA Challenge", result: "Create", newTrace: true, user: true, session: true}
	answer    = step{eventName: "MFA Challenge", result: "Success", newTrace: true, user: true, session: true, slow: true}
	wrongCode = step{eventName: "MFA Challenge", result: "Failure", newTrace: true, user: true, session: true, slow: true}
	timeout   = step{eventName: "MFA Challenge", result: "Timeout", newTrace: true, user: true, session: true, slow: true}
	code      = step{eventName: "Authentication Request", result: "CodeIssued", user: true, session: true}
	token     = step{eventName: "Token", result: "Success", newTrace: true, user: true, session: true, token: true}
	expired   = step{eventName: "Authentication Request", result: "SessionExpired", newTrace: true, user: true, session: true}
	assertion = step{eventName: "Assertion Request", result: "Success", newTrace: true, user: true}
)

// scenarios are every way in which an attempt goes, the common ones repeated.
var scenarios = []scenario{
	{steps: []step{request, redirect, callback, allow, code, token}, actions: true},
	{steps: []step{request, callback, askMFA, challenge, answer, code, token}, actions: true},
	{steps: []step{request, callback, deny}},
	{steps: []step{request, redirect, callback, allow, code, token}, actions: true},
	{steps: []step{request, callback, askMFA, challenge, wrongCode, challenge, answer, code, token}, actions: true},
	{steps: []step{request, redirect, badLogin}},
	{steps: []step{assertion, allow, token}, actions: true, service: true},
	{steps: []step{request, callback, askMFA, challenge, timeout}},
	{steps: []step{request, callback, askMFA, challenge, answer, code, token}, actions: true},
	{steps: []step{expired}},
	{steps: []step{request, callback, askMFA, challenge}},
	{steps: []step{request, callback, askMFA, challenge}, recent: true},
}
