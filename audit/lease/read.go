package lease

import (
	"encoding/json"
	"fmt"

	"github.com/authtrail/authtrail/audit"
)

// Read returns what an entry says of a lease to those who do not take it: the state
// that was saved with it last, and whether it has a holder, dead or alive.
func Read(entry audit.Entry) (state json.RawMessage, held bool, err error) {
	var d document
	if err := json.Unmarshal(entry.Body, &d); err != nil {
		return nil, false, fmt.Errorf("read %s %q: %w", entry.Kind, entry.ID, err)
	}
	return d.State, d.Holder != "", nil
}
