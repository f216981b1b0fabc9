package node

import (
	"context"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/detect"
	"github.com/authtrail/authtrail/audit/query"
)

// Detections is what was found in a range of time.
type Detections struct {
	detect.Report
	Nodes []*Detection
}

// Detection is something that looks like an attack.
type Detection struct {
	*detect.Detection
	flows   []flowRef
	records []audit.LookupKey
	all     *detectionRecords
}

// detectionRecords are the records that the detections of a report name.
type detectionRecords struct {
	reader *Reader
	keys   []audit.LookupKey
	memo   memo
}

// DetectionCount is something that was counted.
type DetectionCount struct {
	Name      string
	Value     int
	Threshold *int
}

// DetectionsOf returns the node of a report.
func DetectionsOf(reader *Reader, report detect.Report) *Detections {
	flows, all := &flowRefs{reader: reader}, &detectionRecords{reader: reader}
	found := &Detections{Report: report, Nodes: make([]*Detection, len(report.Detections))}
	for i, detection := range report.Detections {
		d := &Detection{Detection: detection, all: all}
		for _, evidence := range detection.Flows {
			d.flows = append(d.flows, flows.add(detection.Org, evidence.FlowID))
		}
		for _, record := range detection.Records {
			d.records = append(d.records, audit.LookupKey{Org: record.Org, Value: record.UniqueID})
		}
		all.keys = append(all.keys, d.records...)
		found.Nodes[i] = d
	}
	return found
}

// OrgID is the org whose flows show it.
func (d *Detection) OrgID() string { return d.Org }

// UserID is the system-local id of the user.
func (d *Detection) UserID() *string { return optional(d.Detection.UserID) }

// UpstreamUserID is the id of the user in the upstream system.
func (d *Detection) UpstreamUserID() *string { return optional(d.Detection.UpstreamUserID) }

// Network is the network that it is about.
func (d *Detection) Network() *string {
	if !d.Detection.Network.IsValid() {
		return nil
	}
	return optional(d.Detection.Network.String())
}

// Counts are what was counted.
func (d *Detection) Counts() []DetectionCount {
	counts := make([]DetectionCount, len(d.Detection.Counts))
	for i, c := range d.Detection.Counts {
		counts[i] = DetectionCount{Name: c.Name, Value: c.Value}
		if c.Threshold > 0 {
			counts[i].Threshold = &c.Threshold
		}
	}
	return counts
}

// Flows are the login flows that show it, as far as they are still there.
func (d *Detection) Flows(ctx context.Context) ([]*LoginFlow, error) {
	flows := make([]*LoginFlow, 0, len(d.flows))
	for _, ref := range d.flows {
		flow, err := ref.read(ctx)
		if err != nil {
			return nil, err
		}
		if flow != nil {
			flows = append(flows, flow)
		}
	}
	return flows, nil
}

// Records are the records outside of the flows that show it.
func (d *Detection) Records(ctx context.Context) ([]Node, error) {
	found, err := d.all.read(ctx)
	if err != nil {
		return nil, err
	}
	records := make([]Node, 0, len(d.records))
	for _, key := range d.records {
		if record := found[key]; record != nil {
			records = append(records, record)
		}
	}
	return records, nil
}

// read returns the records by their keys.
func (a *detectionRecords) read(ctx context.Context) (map[audit.LookupKey]Node, error) {
	return once(&a.memo, "records", func() (map[audit.LookupKey]Node, error) {
		pages, err := a.reader.existing(ctx, audit.Kinds, query.UniqueID, a.keys)
		if err != nil {
			return nil, err
		}
		found, siblings := map[audit.LookupKey]Node{}, &rows{reader: a.reader}
		for i, page := range pages {
			if len(page.Hits) > 0 {
				siblings.records = append(siblings.records, page.Hits[0].Record)
				found[a.keys[i]] = recordNode(row{rows: siblings, at: len(siblings.records) - 1})
			}
		}
		return found, nil
	})
}

// DetectionRule is a rule of detections.
type DetectionRule struct{ detect.RuleInfo }

// DetectionThreshold is a number that it compares with.
type DetectionThreshold struct{ detect.Threshold }

// DetectionRules returns the rules.
func DetectionRules() []DetectionRule {
	rules := make([]DetectionRule, len(detect.Rules))
	for i, rule := range detect.Rules {
		rules[i] = DetectionRule{rule}
	}
	return rules
}

// Thresholds are what the rule compares with.
func (r DetectionRule) Thresholds() []DetectionThreshold {
	applied := detect.Options{}.Thresholds(r.Rule)
	thresholds := make([]DetectionThreshold, len(applied))
	for i, threshold := range applied {
		thresholds[i] = DetectionThreshold{threshold}
	}
	return thresholds
}

// Unit is what the number counts.
func (t DetectionThreshold) Unit() *string { return optional(t.Threshold.Unit) }
