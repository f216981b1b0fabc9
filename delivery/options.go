package delivery

import (
	"cmp"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/lease"
)

// Rows are what is delivered.
type Rows interface {
	audit.Feed
	audit.Searcher
}

// Options are what a Delivery works with. The first six are required.
type Options struct {
	Records      Rows // the events
	Flows        Rows // the login flows, as rows
	Destinations *destination.Store
	Registry     audit.Registry // has the leases, and in them how far each destination is
	Openers      map[string]Open
	NewEncoder   NewEncoder

	// Alone says that the store is open in one process at a time: what another
	// process held, it holds no more, and no other changes destinations.
	Alone bool
	// Idle is for how long a login flow is idle before it is closed.
	Idle time.Duration
	// PauseAfter is for how long a receiver may take nothing before the delivery to it
	// is paused, where the destination does not say; 7 days where 0.
	PauseAfter time.Duration
	// Drain is how long what is being sent may take when the delivery ends; 5 s where 0.
	Drain time.Duration
	// MaxEvents and MaxBytes bound a batch: 1,000 and 1 MiB where 0. A destination may
	// want fewer events; one event may be larger.
	MaxEvents, MaxBytes int
	// Poll is how often it is looked at all that other processes may have changed; a
	// second where 0. Whether there is news of them is looked at five times as often.
	Poll   time.Duration
	Now    func() time.Time // time.Now where nil
	Logger *slog.Logger     // slog.Default() where nil
}

// Delivery delivers to all destinations that no other process delivers to. It
// implements [destination.Deliverer].
type Delivery struct {
	options Options
	leases  *lease.Leases
	view    *flow.View    // tells what rows of login flows are
	roused  chan struct{} // has one when the supervisor is to look

	purges  atomic.Bool // whether Run removes what is remembered of destinations that are gone
	mu      sync.Mutex
	changes uint64       // of destinations that this process has made
	touched map[key]bool // which may be gone
	workers map[key]*worker
	running sync.WaitGroup // all workers, those that end too
}

// key says which destination.
type key struct{ org, id string }

func keyOf(d destination.Destination) key { return key{d.Spec.OrgID, d.ID} }

// takenOver is for how long a process may be silent before others take over: they do
// in a little more.
const takenOver = 8 * time.Second

// New returns a Delivery, which sends nothing before Run. It watches the destinations.
func New(options Options) *Delivery {
	options.PauseAfter = cmp.Or(options.PauseAfter, 7*24*time.Hour)
	options.Drain = cmp.Or(options.Drain, 5*time.Second)
	options.MaxEvents, options.MaxBytes = cmp.Or(options.MaxEvents, 1_000), cmp.Or(options.MaxBytes, 1<<20)
	options.Poll = cmp.Or(options.Poll, time.Second)
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	leaseOptions := lease.Options{Alone: options.Alone, Duration: takenOver}
	if options.Alone {
		leaseOptions.Duration = time.Minute // nobody waits for it
	}
	d := &Delivery{
		options: options, leases: lease.New(options.Registry, leaseOptions), roused: make(chan struct{}, 1),
		view:    flow.NewView(nil, options.Now, 0, flow.Options{}),
		touched: map[key]bool{}, workers: map[key]*worker{},
	}
	options.Destinations.Watch(d.changed)
	return d
}

var _ destination.Deliverer = (*Delivery)(nil)

// rowsOf returns what a destination wants to be sent.
func (d *Delivery) rowsOf(spec destination.Spec) Rows {
	if spec.ContentOf() == destination.ContentLoginFlows {
		return d.options.Flows
	}
	return d.options.Records
}
