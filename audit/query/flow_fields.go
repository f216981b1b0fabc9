package query

import "slices"

// The fields of a login flow that records do not have. A flow has the fields of
// records, too: there it holds the different values of its records.
const (
	// FlowID holds the flow's own id, and those ids under which some of its records
	// may have stood alone when less was known.
	FlowID       Field = "flow_id"
	FlowRecordID Field = "record_id" // the unique_id of each record

	// FlowOutcome holds how the flow ended, or "UNDECIDED", which is in progress or
	// abandoned as the time of the question says.
	FlowOutcome     Field = "outcome"
	FlowLastStage   Field = "last_stage"
	FlowFailedStage Field = "failed_stage"
	FlowShape       Field = "shape"
	FlowStage       Field = "stage_name"  // the event name of each stage
	FlowDurationMS  Field = "duration_ms" // whole milliseconds, for NumberRange
	FlowRetries     Field = "retries"     // for NumberRange
	FlowEndedAt     Field = "ended_at"    // nanoseconds since 1970, for NumberRange
	FlowOpen        Field = "open"        // "true", until the flow was closed
	FlowVia         Field = "via"         // the kinds of id by which its records are tied to it
	FlowConflict    Field = "conflict"    // key and value of each id that was not followed: "trace_id=…"
)

// FlowFields lists them. The order is fixed as that of Fields is.
var FlowFields = []Field{
	FlowID, FlowRecordID, FlowOutcome, FlowLastStage, FlowFailedStage, FlowShape, FlowStage,
	FlowDurationMS, FlowRetries, FlowEndedAt, FlowOpen, FlowVia, FlowConflict,
}

// OfFlows reports whether a flow may have the field: it is one of Fields or FlowFields.
func (f Field) OfFlows() bool { return f.Known() || slices.Contains(FlowFields, f) }
