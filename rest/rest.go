package rest

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// Options are what the API needs. Searcher, Ingester and Destinations are required.
type Options struct {
	Searcher     audit.Searcher
	Ingester     audit.Ingester
	Destinations *destination.Store
	// Health tells how the deliveries to destinations go, in their order. Required.
	Health func(context.Context, []destination.Destination) ([]destination.Health, error)

	// Now is the clock that relative dates are read by; default time.Now.
	Now func() time.Time
	// PublicURL is what clients know the server by, without a path; it begins the
	// links of the answers. Empty makes them relative.
	PublicURL string
	// BodyMemory bounds the bytes of all bulk bodies being read or processed at
	// once; default 48 MiB. A request beyond it is answered 429. One caller leaves
	// enough of it for the largest body of another's.
	BodyMemory int64
	// Timeout bounds a list, and the storing of a body once it was read; default 30 s.
	Timeout time.Duration
	// Spend takes what a request costs from what its caller may ask for in a time, or
	// refuses it, and tells in the header what is left; a cost of 0 asks whether
	// anything is. Nil bounds nobody.
	Spend func(ctx context.Context, header http.Header, cost int64) error
	// Logger is told of defects; default slog.Default().
	Logger *slog.Logger
}

type api struct {
	Options
	bodies *memory
}

// New returns the handler of everything below /v1, to be mounted there with
// chi's Mount. It expects the caller in the request's context, put there by
// audit.WithPrincipal.
func New(options Options) http.Handler { return newRouter(options) }

func newRouter(options Options) *chi.Mux {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.BodyMemory <= 0 {
		options.BodyMemory = 48 << 20
	}
	if options.Timeout <= 0 {
		options.Timeout = 30 * time.Second
	}
	if options.Spend == nil {
		options.Spend = func(context.Context, http.Header, int64) error { return nil }
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	a := &api{Options: options, bodies: newMemory(options.BodyMemory)}

	r := chi.NewRouter()
	r.NotFound(a.notFound)
	r.MethodNotAllowed(a.methodNotAllowed(r))
	r.Get("/auth_audits", a.list(authAudits))
	r.Get("/audits", a.list(audits))
	r.Post("/bulk_audit_events", a.bulkCreateEvents)
	destinations := r.With(a.costsOne)
	destinations.Get("/audit_destinations", a.listDestinations)
	destinations.Post("/audit_destinations", a.createDestination)
	destinations.Get("/audit_destinations/{destination_id}", a.getDestination)
	destinations.Put("/audit_destinations/{destination_id}", a.replaceDestination)
	destinations.Delete("/audit_destinations/{destination_id}", a.deleteDestination)
	destinations.Get("/audit_destinations/{destination_id}/health", a.destinationHealth)
	r.Get("/openapi.json", OpenAPI)
	return r
}

// spendMistake takes 1 for a request that is refused for what is wrong with it, and
// returns why it is refused. Mistakes must not be what one may make without end.
func (a *api) spendMistake(w http.ResponseWriter, r *http.Request, mistake error) error {
	return cmp.Or(a.Spend(r.Context(), w.Header(), 1), mistake)
}

// costsOne takes 1 for a request, whatever it asks for.
func (a *api) costsOne(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.Spend(r.Context(), w.Header(), 1); err != nil {
			drain(w, r)
			a.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
