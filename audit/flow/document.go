package flow

import (
	"iter"
	"strconv"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// document is a flow as filters see it.
type document struct{ *audit.Flow }

// Document returns the flow as filters see it. Its own fields (query.FlowShape
// and the others) hold its own values, and so do the org, request id,
// application and identity provider. Every other field holds the different
// values of its records, in order of appearance. Numbers are decimal.
func Document(f *audit.Flow) query.Document { return document{f} }

// Time implements query.Document: when the flow began.
func (d document) Time() time.Time { return d.StartedAt }

// Values implements query.Document.
func (d document) Values(field query.Field) []string {
	switch field {
	case query.FlowOutcome:
		return known(string(d.Outcome))
	case query.FlowLastStage:
		return known(d.LastStage)
	case query.FlowFailedStage:
		return known(d.FailedStage)
	case query.FlowShape:
		return known(d.Shape)
	case query.FlowStage:
		return d.stageNames()
	case query.FlowDurationMS:
		return number(d.Duration().Milliseconds())
	case query.FlowRetries:
		return number(int64(d.Retries))
	case query.FlowEndedAt:
		return number(d.EndedAt.UnixNano())
	case query.OrgID:
		return known(d.Org)
	case query.RequestID:
		return known(d.RequestID)
	case query.ApplicationName:
		return known(d.ApplicationName)
	case query.UpstreamIDP:
		return known(d.UpstreamIDP)
	}
	return distinct(d.Records, field)
}

func (d document) stageNames() []string {
	var names []string
	seen := map[string]bool{"": true}
	for _, stage := range d.Stages {
		if !seen[stage.EventName] {
			seen[stage.EventName] = true
			names = append(names, stage.EventName)
		}
	}
	return names
}

func known(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

func number(n int64) []string { return []string{strconv.FormatInt(n, 10)} }

// Strings implements query.Document: those of the records.
func (d document) Strings() iter.Seq2[string, string] {
	return d.each(query.Document.Strings)
}

// Extra implements query.Document: that of the records.
func (d document) Extra() iter.Seq2[string, string] {
	return d.each(query.Document.Extra)
}

func (d document) each(of func(query.Document) iter.Seq2[string, string]) iter.Seq2[string, string] {
	return func(yield func(path, value string) bool) {
		for _, r := range d.Records {
			for path, value := range of(r.Document()) {
				if !yield(path, value) {
					return
				}
			}
		}
	}
}
