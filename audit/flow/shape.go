package flow

import (
	"strings"

	"github.com/authtrail/authtrail/audit"
)

const (
	shapeSeparator = " › "
	shapeUndecided = " ⌛"
	shapeUnnamed   = "?"
	maxShapeName   = 60 // runes of a name that the tables do not know
)

// stageLabels and resultLabels are the fixed tables that shapes are written
// with. A name that is not here stands for itself.
var stageLabels = map[string]string{
	authRequest:  "Request",
	idpRequest:   "IdP sign-in",
	idpCallback:  "IdP",
	assertion:    "Assertion",
	policy:       "Policy",
	mfaChallenge: "MFA",
	token:        "Token",
	login:        "Login",
}

// Results that say only that a stage was reached have no label.
var resultLabels = map[string]string{
	success:        "✓",
	failure:        "✗",
	denied:         "denied",
	timeout:        "timed out",
	sessionExpired: "session expired",
	codeIssued:     "code issued",
	create:         "created",
	doMFA:          "DoMfa",
	inProgress:     "",
	authenticate:   "",
}

// requestLabels are for the ends of an authentication request, which are known by their results.
var requestLabels = map[string]string{codeIssued: "Code issued", sessionExpired: "Session expired"}

// shapeOf returns the canonical path of an attempt, such as
// "Request › IdP ✓ › Policy DoMfa › MFA created ⌛". It says nothing of times and
// ids, so that attempts which went the same way have the same shape; ⌛ means
// that nothing decided the attempt.
func shapeOf(stages []audit.Stage, undecided bool) string {
	labels := make([]string, len(stages))
	for i, stage := range stages {
		labels[i] = shapeLabel(stage.EventName, stage.Result)
	}
	path := strings.Join(labels, shapeSeparator)
	if undecided {
		path += shapeUndecided
	}
	return path
}

func shapeLabel(name, result string) string {
	folded := strings.ToLower(result)
	if label, known := requestLabels[folded]; known && name == authRequest {
		return label
	}
	label, known := stageLabels[name]
	if !known {
		label = plainName(name, maxShapeName)
	}
	if label == "" {
		label = shapeUnnamed
	}
	end, known := resultLabels[folded]
	if !known {
		end = plainName(result, maxShapeName)
	}
	if end == "" {
		return label
	}
	return label + " " + end
}

// plainName makes a name that somebody sent fit into a line: one space where
// there was any white space, and no more than so many runes.
func plainName(name string, limit int) string {
	name = strings.Join(strings.Fields(name), " ")
	if runes := []rune(name); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return name
}
