package detect

import (
	"net/netip"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Detection is something that looks like an attack, and the evidence.
type Detection struct {
	// ID is a hash of the rule, the org, whom it is about, and the first of its flows.
	ID       string
	Rule     Rule
	Severity Severity

	Org                    string
	UserID, UpstreamUserID string       // empty where several users, or none that is known, are concerned
	Network                netip.Prefix // the zero Prefix where the rule is about none

	First, Last time.Time // of the evidence
	Text        string    // what happened, in a plain sentence
	Counts      []Count

	// Flows are those that show it, in time order: all of FlowCount, or the first
	// and the last half of MaxEvidence.
	Flows     []Evidence
	FlowCount int
	// Records are uses of a token that show it, likewise: API audits, and records that
	// the token alone ties to one of the flows.
	Records []audit.Key
}

// Evidence is a login flow that shows something.
type Evidence struct {
	FlowID    string
	RequestID string // empty when the flow has none
	At        time.Time
}

// MaxEvidence is how many flows, and how many records, a detection lists.
const MaxEvidence = 50

// Count is something that was counted.
type Count struct {
	Name      string
	Value     int
	Threshold int // how many make a detection; 0 for what is only told
}

// Severity says how urgent it is to look at a detection.
type Severity string

// The severities.
const (
	Low    Severity = "LOW"    // worth knowing; mostly harmless
	Medium Severity = "MEDIUM" // look at it today
	High   Severity = "HIGH"   // look at it now: an account may be in other hands
)

// Report is what was found.
type Report struct {
	Detections []*Detection // newest first
	From, To   time.Time    // the time that the answer covers
	FlowsRead  int          // users' histories included
	Truncated  bool         // there are more detections than were asked for
	Gaps       []string     // what the answer does not cover, and why, in plain sentences
}
