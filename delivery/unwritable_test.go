package delivery

import (
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// touchy is an encoder that one event makes panic.
type touchy struct{ plain }

func (touchy) Filterable(r *audit.Record) []byte {
	if r.UniqueID == "one-1" {
		panic("a defect")
	}
	return r.Event()
}

func TestAnEventThatFiltersCannotBearStopsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(func(o *Options) {
		o.NewEncoder = func(destination.Destination) (Encoder, error) { return touchy{}, nil }
	})
	d := w.destination("a", `,"filters":[{"filter_type":"org_id","value":"one"}]`)
	w.becomes(d, delivering)
	ids := w.events("one", 0, 3)
	w.receiver.gets(t, ids[0], ids[2])
	w.becomes(d, func(h destination.Health) bool { return h.DeadLetters == 1 })
}
