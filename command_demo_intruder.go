package main

import (
	"encoding/json"
	"fmt"
	"time"
)

// What the intruder of the demo is known by; the playground asks for the token.
const (
	intruderAddress = "198.51.100.23"
	intruderToken   = "tok-of-the-intruder"
)

// intruderAttempts is how many passwords the intruder tries, of which the last is right: enough for a detection.
const intruderAttempts = 12

// intruder returns the events of somebody who guessed a person's password an
// hour ago, signed in with it, and used the token that was issued: what an
// investigation begins with, and detections find.
func intruder(now time.Time) []json.RawMessage {
	story := intruderStory{at: now.Add(-time.Hour)}
	for range intruderAttempts - 1 {
		story.attempt()
		story.auth("Authentication Request", "InProgress", nil)
		story.auth("Identity Provider Callback", "Failure", event{"upstream_user_id": "lena@org1.example"})
	}
	story.attempt()
	story.auth("Authentication Request", "InProgress", nil)
	person := event{"upstream_user_id": "lena@org1.example", "user_id": "user-0011"}
	story.auth("Identity Provider Callback", "Success", person)
	person["session"] = "ses-of-the-intruder"
	story.auth("Policy Evaluation", "Success", person)
	person["token_id"] = intruderToken
	story.auth("Token", "Success", person)
	for _, done := range [][2]string{{"list", "users"}, {"create", "connectors"}, {"update", "groups"}} {
		story.add(event{
			"subsystem": "api", "action": done[0], "api_name": done[1], "target_resource_name": "all " + done[1],
			"user_id": "user-0011", "session": "ses-of-the-intruder", "token_id": intruderToken,
		})
	}
	return story.events
}

// event is the members of a record.
type event map[string]any

// intruderStory collects the events of the intruder, each a few seconds after the one before.
type intruderStory struct {
	at       time.Time
	attempts int
	events   []json.RawMessage
}

// attempt begins another attempt, a minute later.
func (s *intruderStory) attempt() {
	s.attempts++
	s.at = s.at.Add(time.Minute)
}

// auth adds a step of the attempt.
func (s *intruderStory) auth(eventName, result string, more event) {
	record := event{
		"subsystem": "auth", "event_name": eventName, "result": result, "request_id": fmt.Sprintf("req-of-the-intruder-%02d", s.attempts),
		"application_name": "Payroll", "client_id": "client-1", "upstream_idp": "local", "issuer": "https://auth.org-1.example",
		"org_name": "Organisation 1", "login_org_id": "org-1", "login_org_name": "Organisation 1", "user_agent": "python-requests/2.32",
	}
	for name, value := range more {
		record[name] = value
	}
	s.add(record)
}

// add gives a record what all have, and makes it an event.
func (s *intruderStory) add(record event) {
	s.at = s.at.Add(2 * time.Second)
	stamp := s.at.UTC().Format("2006-01-02T15:04:05.000000Z")
	record["org_id"], record["source_ip"], record["time"] = "org-1", intruderAddress, stamp
	record["trace_id"] = fmt.Sprintf("trace-of-the-intruder-%02d", len(s.events)+1)
	raw, err := json.Marshal(event{
		"unique_id": fmt.Sprintf("demo-intruder-%02d", len(s.events)+1), "create_time": stamp, "event": record,
	})
	if err != nil {
		panic(err) // strings and maps always marshal
	}
	s.events = append(s.events, raw)
}
