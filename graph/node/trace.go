package node

// Trace is all that one HTTP request triggered.
type Trace struct{ strand }

// IsNode implements Node.
func (Trace) IsNode() {}

// ID is the global id.
func (t Trace) ID() string {
	return globalID{kind: traceID, org: t.key().Org, id: t.key().Value}.String()
}

// TraceID is the raw id.
func (t Trace) TraceID() string { return t.key().Value }
