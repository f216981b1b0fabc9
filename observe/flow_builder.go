package observe

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// FlowBuilder is what the builder of login flows has done since it was started.
type FlowBuilder struct {
	Working   bool
	Behind    time.Duration
	Records   uint64
	Written   uint64
	Closed    uint64
	Removed   uint64
	Conflicts uint64
	Failures  uint64
	Skipped   uint64
}

// WatchFlowBuilder adds what the builder of login flows has done, read whenever metrics are.
func (m *Metrics) WatchFlowBuilder(read func() FlowBuilder) {
	gauge := func(name, help string, value func(FlowBuilder) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "authtrail_flow_builder_" + name, Help: help},
			func() float64 { return value(read()) }))
	}
	counter := func(name, help string, value func(FlowBuilder) uint64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "authtrail_flow_builder_" + name + "_total", Help: help},
			func() float64 { return float64(value(read())) }))
	}
	gauge("working", "1 in the process that builds the login flows, 0 in the others.", func(b FlowBuilder) float64 {
		if b.Working {
			return 1
		}
		return 0
	})
	gauge("behind_seconds", "For how long there have been acknowledged records that are in no login flow yet.",
		func(b FlowBuilder) float64 { return b.Behind.Seconds() })
	counter("records", "Records that were followed.", func(b FlowBuilder) uint64 { return b.Records })
	counter("flows_written", "Login flows that were stored, in a first or a further revision.", func(b FlowBuilder) uint64 { return b.Written })
	counter("flows_closed", "Closing revisions, among those that were stored.", func(b FlowBuilder) uint64 { return b.Closed })
	counter("flows_removed", "Login flows that were removed, since other flows have their records.", func(b FlowBuilder) uint64 { return b.Removed })
	counter("conflicts", "Batches that were taken again, since a flow had changed meanwhile.", func(b FlowBuilder) uint64 { return b.Conflicts })
	counter("failures", "Attempts that failed, and were repeated.", func(b FlowBuilder) uint64 { return b.Failures })
	counter("records_skipped", "Records whose flows could not be built; the log names them.", func(b FlowBuilder) uint64 { return b.Skipped })
}
