package builder

import (
	"encoding/json"

	"github.com/authtrail/authtrail/audit"
)

// checkpoint is how far the builder has got: the state of its lease.
type checkpoint struct {
	Position audit.Position `json:"position"`
	Records  uint64         `json:"records"` // up to there
	// Rules names the rules that the flows were made by; by others they are made anew.
	Rules string `json:"rules"`
	// Sweep is set while flows may be stored that no record supports: since the
	// builder began at the beginning, and until it has looked for them.
	Sweep bool `json:"sweep,omitempty"`
}

// checkpointOf reads a lease's state. One of other rules, or that cannot be read,
// is the beginning.
func checkpointOf(state json.RawMessage, rules string) checkpoint {
	var c checkpoint
	if err := json.Unmarshal(state, &c); err != nil || c.Rules != rules {
		return checkpoint{Rules: rules, Sweep: true}
	}
	return c
}
