package audit

import "time"

// Flow is a login flow: one attempt to prove an identity, put together from its
// records. Slices are in time order unless they say otherwise.
type Flow struct {
	ID        string // a hash of (Org, key); stable
	Org       string
	RequestID string // empty when no record has one

	UserID, UpstreamUserID       string // the first that is known
	ApplicationName, UpstreamIDP string // likewise

	StartedAt, EndedAt time.Time
	Outcome            FlowOutcome
	LastStage          string // the event name of the last record; empty if it has none
	FailedStage        string // the event name of the deciding record, unless it succeeded or is undecided
	Retries            int    // failures that were followed by another try
	Shape              string // the path of stages and results, free of clocks and ids
	MFA                bool   // a second factor was asked for

	// Revision counts the states of the flow, from 1; Revisions are the latest ones, oldest first.
	Revision  int
	Revisions []FlowRevision
	// Closed is set when the flow had been idle for the limit at its latest revision.
	Closed bool
	// FormerIDs are ids under which some of its records may have stood alone when
	// less was known, and which answer with this flow while no other has them.
	FormerIDs []string

	Stages    []Stage
	Records   []*Record
	Links     []Link // one per record, in the order of Records
	Conflicts []FlowConflict
	Verdict   Verdict

	Sessions, Traces, Tokens []string // distinct, in order of appearance
	SourceIPs, UserAgents    []string // likewise

	// Truncated is set when the attempt has more than MaxFlowRecords records, or more
	// than MaxFlowBytes of events.
	Truncated bool
}

// FlowRevision is a state of a flow, and what it changed.
type FlowRevision struct {
	Number  int
	At      time.Time // when it was made
	Closing bool      // the flow had been idle for the limit by then, and is not expected to change any more
	Changes []FlowChange
}

// MaxFlowRevisions is how many revisions a flow remembers.
const MaxFlowRevisions = 20

// FlowChange is what a revision changed: records that came or went, or a field.
type FlowChange struct {
	Field    string   // "records", "links", "conflicts", "truncated", or the API name of a field
	From, To string   // of a field; the empty one had none, or has none
	Came     []string // unique_ids of records
	Went     []string // likewise
}

// MaxFlowBytes is how many bytes of events a flow holds; of one with more, the
// records in the middle are left out, as of one with too many.
const MaxFlowBytes = 4 << 20

// MaxFlowRecords is how many records an attempt is cut at: of one with more, a
// flow holds the first half and the last half, which say how it began and ended.
const MaxFlowRecords = 1_000

// Duration is the time from the first record to the last.
func (f *Flow) Duration() time.Duration { return f.EndedAt.Sub(f.StartedAt) }

// Stage is a run of records with the same event name and result.
type Stage struct {
	EventName string
	Result    string
	StartedAt time.Time
	Gap       time.Duration // since the previous stage began; 0 for the first
	Count     int           // of its records
	Records   []*Record
}

// Link says why a record is part of a flow.
type Link struct {
	Record   *Record
	Via      LinkVia
	Strength LinkStrength
}

// LinkVia is the id that ties a record to its flow.
type LinkVia string

// The ids that tie a record to its flow, strongest first.
const (
	ViaRequest LinkVia = "REQUEST"
	ViaTrace   LinkVia = "TRACE"
	ViaToken   LinkVia = "TOKEN"
	ViaSession LinkVia = "SESSION"
	ViaRecord  LinkVia = "RECORD"
)

// LinkStrength is how sure a link is.
type LinkStrength string

// The strengths.
const (
	Certain LinkStrength = "CERTAIN"
	Strong  LinkStrength = "STRONG"
	Weak    LinkStrength = "WEAK"
)

// FlowConflict is an id that was not followed, and why.
type FlowConflict struct{ Key, Value, Reason string }

// Verdict says in plain sentences what happened and why.
type Verdict struct {
	Text    string
	Clauses []Clause
}

// Clause is a part of a verdict, with the records that show it.
type Clause struct {
	Text    string
	Records []*Record
}

// FlowOutcome is how a flow ended.
type FlowOutcome string

// The outcomes.
const (
	Succeeded  FlowOutcome = "SUCCEEDED"
	Denied     FlowOutcome = "DENIED"
	Failed     FlowOutcome = "FAILED"
	TimedOut   FlowOutcome = "TIMED_OUT"
	Expired    FlowOutcome = "EXPIRED"
	Abandoned  FlowOutcome = "ABANDONED"   // undecided, and idle for longer than the limit
	InProgress FlowOutcome = "IN_PROGRESS" // undecided, and not idle for so long
)

// FlowOutcomes lists every outcome.
var FlowOutcomes = []FlowOutcome{Succeeded, Denied, Failed, TimedOut, Expired, Abandoned, InProgress}
