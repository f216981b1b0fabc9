package observe

import (
	"context"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/authtrail/authtrail/audit"
)

// Delivery is how the delivery to a destination goes.
type Delivery struct {
	Org, Destination, Type string
	State                  string

	Delivered, Skipped, Retries, DeadLetters int64 // since the destination was made
	LagEvents                                int64
	LagSeconds                               float64
}

// WatchDelivery adds how the deliveries of this process go, read whenever metrics are.
// It is called once, before the metrics are served.
func (m *Metrics) WatchDelivery(read func(context.Context) []Delivery) { m.deliveries = read }

// deliveriesFor gathers the metrics of the destinations that a caller may know of:
// those of its own orgs.
func (m *Metrics) deliveriesFor(ctx context.Context) prometheus.Gatherer {
	registry := prometheus.NewRegistry()
	if m.deliveries != nil {
		registry.MustRegister(newDeliveries(func() []Delivery {
			scope := audit.PrincipalFrom(ctx).Scope()
			return slices.DeleteFunc(m.deliveries(ctx), func(d Delivery) bool { return !scope.Allows(d.Org) })
		}))
	}
	return registry
}

// deliveries collects metrics of destinations, which come and go.
type deliveries struct {
	read   func() []Delivery
	state  *prometheus.Desc
	values []deliveryValue
}

// deliveryValue is one metric of each destination.
type deliveryValue struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(Delivery) float64
}

func newDeliveries(read func() []Delivery) *deliveries {
	desc := func(name, help string, more ...string) *prometheus.Desc {
		return prometheus.NewDesc("authtrail_delivery_"+name, help, append([]string{"org", "destination", "type"}, more...), nil)
	}
	counter := func(name, help string, of func(Delivery) int64) deliveryValue {
		return deliveryValue{desc(name+"_total", help), prometheus.CounterValue, func(d Delivery) float64 { return float64(of(d)) }}
	}
	return &deliveries{
		read:  read,
		state: desc("state", "1 for the state that the delivery to a destination is in, in the process that delivers to it.", "state"),
		values: []deliveryValue{
			counter("events", "Events that a destination has taken.", func(d Delivery) int64 { return d.Delivered }),
			counter("skipped", "Events that did not pass the filters of a destination.", func(d Delivery) int64 { return d.Skipped }),
			counter("retries", "Attempts at a batch that were not the first.", func(d Delivery) int64 { return d.Retries }),
			counter("dead_letters", "Events that a destination has refused for good.", func(d Delivery) int64 { return d.DeadLetters }),
			{desc("lag_events", "Events of all orgs that were stored since the last that was dealt with; 0 where none of them waits."), prometheus.GaugeValue,
				func(d Delivery) float64 { return float64(d.LagEvents) }},
			{desc("lag_seconds", "For how long the oldest event that is not dealt with has been waiting."), prometheus.GaugeValue,
				func(d Delivery) float64 { return d.LagSeconds }},
		},
	}
}

// Describe implements prometheus.Collector.
func (c *deliveries) Describe(to chan<- *prometheus.Desc) {
	to <- c.state
	for _, value := range c.values {
		to <- value.desc
	}
}

// Collect implements prometheus.Collector.
func (c *deliveries) Collect(to chan<- prometheus.Metric) {
	for _, d := range c.read() {
		to <- prometheus.MustNewConstMetric(c.state, prometheus.GaugeValue, 1, d.Org, d.Destination, d.Type, d.State)
		for _, value := range c.values {
			to <- prometheus.MustNewConstMetric(value.desc, value.kind, value.of(d), d.Org, d.Destination, d.Type)
		}
	}
}
