package insight

import (
	"strings"

	"github.com/authtrail/authtrail/audit"
)

const (
	authRequest = "Authentication Request"
	codeIssued  = "Code Issued" // how an Authentication Request with the result CodeIssued is called here
)

// pipeline lists the known steps in the order in which attempts go through them.
// Few go through all: service accounts have no identity provider, and not
// everyone is asked for a second factor.
var pipeline = [...]string{
	authRequest,
	"Identity Provider Authentication",
	"Identity Provider Callback",
	"Assertion Request",
	"Policy Evaluation",
	"MFA Challenge",
	codeIssued,
	"Token",
	"Login", // only as the deprecated stage
}

// stepName returns the step that a stage is at: its event name (which is empty
// when its records have neither that nor the deprecated stage). The code that an
// authentication request ends with is a step of its own, since it comes after all
// that the request began with.
func stepName(stage *audit.Stage) string {
	if stage.EventName == authRequest && strings.EqualFold(stage.Result, "CodeIssued") {
		return codeIssued
	}
	return stage.EventName
}
