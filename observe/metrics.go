// Package observe is what an operator sees: metrics, request logs, and the
// decorator that measures every call of a store.
package observe

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/authtrail/authtrail/audit"
)

// Metrics are the process's Prometheus metrics, in a registry of their own.
type Metrics struct {
	registry       *prometheus.Registry
	requests       *prometheus.CounterVec
	requestSeconds *prometheus.HistogramVec
	inFlight       prometheus.Gauge
	graphqlErrors  *prometheus.CounterVec
	ingested       *prometheus.CounterVec
	storeCalls     *prometheus.CounterVec
	storeSeconds   *prometheus.HistogramVec
	deliveries     func(context.Context) []Delivery // nil where nothing is delivered
}

// NewMetrics returns metrics that start at zero.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "authtrail_http_requests_total", Help: "HTTP requests answered, by route, method and status.",
		}, []string{"route", "method", "status"}),
		requestSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "authtrail_http_request_seconds", Help: "Time to answer an HTTP request, streams excepted, by route.",
			Buckets: []float64{.001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "authtrail_http_requests_in_flight", Help: "HTTP requests being answered, open streams included.",
		}),
		graphqlErrors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "authtrail_graphql_errors_total", Help: "Errors that GraphQL answered, most of them with HTTP status 200, by code.",
		}, []string{"code"}),
		ingested: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "authtrail_ingest_events_total", Help: "Events received, by what became of them.",
		}, []string{"status"}),
		storeCalls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "authtrail_store_calls_total", Help: "Calls of the store, by method and result.",
		}, []string{"method", "result"}),
		storeSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "authtrail_store_call_seconds", Help: "Time that a call of the store took, by method.",
			Buckets: []float64{.0002, .0005, .001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 5},
		}, []string{"method"}),
	}
	m.registry.MustRegister(m.requests, m.requestSeconds, m.inFlight, m.graphqlErrors, m.ingested, m.storeCalls, m.storeSeconds,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the metrics in Prometheus' text form. Those of destinations are
// shown to callers whose orgs they are of.
func (m *Metrics) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		promhttp.HandlerFor(prometheus.Gatherers{m.registry, m.deliveriesFor(r.Context())}, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	})
}

// GraphQLError counts an error that GraphQL answered.
func (m *Metrics) GraphQLError(code audit.Code) { m.graphqlErrors.WithLabelValues(string(code)).Inc() }

// WatchQueue adds the depth of the ingest queue, read whenever metrics are.
func (m *Metrics) WatchQueue(depth func() (events, bytes int)) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "authtrail_ingest_queue_events", Help: "Events accepted for ingest and not yet answered.",
		}, func() float64 { events, _ := depth(); return float64(events) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "authtrail_ingest_queue_bytes", Help: "Bytes of the events accepted for ingest and not yet answered.",
		}, func() float64 { _, bytes := depth(); return float64(bytes) }),
	)
}
