package builder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

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

type savedCheckpoint struct {
	checkpoint
	at time.Time
}

// saveEvery is how much work a crash repeats at most.
const saveEvery = time.Second

func (t *term) save(ctx context.Context) error {
	state, err := json.Marshal(t.at)
	if err != nil {
		return fmt.Errorf("save the checkpoint: %w", err)
	}
	if err := t.held.Save(ctx, state); err != nil {
		return err
	}
	t.saved = savedCheckpoint{t.at, t.options.Now()}
	return nil
}

// leave saves how far the builder has got, and lets others take the lease.
func (t *term) leave(ctx context.Context) error {
	var err error
	if t.at != t.saved.checkpoint {
		err = t.save(ctx)
	}
	if isLost(err) {
		return nil // it is another's already
	}
	return errors.Join(err, t.held.Release(ctx))
}
