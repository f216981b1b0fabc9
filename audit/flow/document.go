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

// Document returns the flow as filters see it. Its own fields (query.FlowFields)
// hold its own values, and so do the org, request id, application and identity
// provider. Every other field holds the different values of its records, in order
// of appearance. Numbers are decimal.
func Document(f *audit.Flow) query.Document { return document{f} }

// Time implements query.Document: when the flow began.
func (d document) Time() time.Time { return d.StartedAt }

// Values implements query.Document.
func (d document) Values(field query.Field) []string {
	switch field {
	case query.FlowRecordID:
		return distinct(d.Records, query.UniqueID)
	case query.FlowVia:
		return d.viaNames()
	}
	if values, own := ownValues(d.Flow, field); own {
		return values
	}
	return distinct(d.Records, field)
}

func (d document) viaNames() []string {
	var names []string
	for _, via := range vias {
		for _, link := range d.Links {
			if link.Via == via {
				names = append(names, string(via))
				break
			}
		}
	}
	return names
}

// ownValues returns the values of a field that a flow has beside its records, and
// whether the field is such a one.
func ownValues(f *audit.Flow, field query.Field) (values []string, own bool) {
	switch field {
	case query.OrgID:
		return known(f.Org), true
	case query.RequestID:
		return known(f.RequestID), true
	case query.ApplicationName:
		return known(f.ApplicationName), true
	case query.UpstreamIDP:
		return known(f.UpstreamIDP), true
	case query.FlowID:
		return append(known(f.ID), f.FormerIDs...), true
	case query.FlowOutcome:
		return known(string(f.Outcome)), true
	case query.FlowLastStage:
		return known(f.LastStage), true
	case query.FlowFailedStage:
		return known(f.FailedStage), true
	case query.FlowShape:
		return known(f.Shape), true
	case query.FlowStage:
		return stageNames(f), true
	case query.FlowConflict:
		return conflictNames(f.Conflicts), true
	}
	return ownNumber(f, field)
}

// ownNumber is ownValues for numbers and what is yes or no.
func ownNumber(f *audit.Flow, field query.Field) (values []string, own bool) {
	switch field {
	case query.FlowDurationMS:
		return number(f.Duration().Milliseconds()), true
	case query.FlowRetries:
		return number(int64(f.Retries)), true
	case query.FlowEndedAt:
		return number(f.EndedAt.UnixNano()), true
	case query.FlowOpen:
		if f.Closed {
			return nil, true
		}
		return []string{"true"}, true
	}
	return nil, false
}

func stageNames(f *audit.Flow) []string {
	var names []string
	seen := map[string]bool{"": true}
	for _, stage := range f.Stages {
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
	return ofRecords(d.Records, query.Document.Strings)
}

// Extra implements query.Document: that of the records.
func (d document) Extra() iter.Seq2[string, string] {
	return ofRecords(d.Records, query.Document.Extra)
}

// ofRecords yields what all records have.
func ofRecords(records []*audit.Record, of func(query.Document) iter.Seq2[string, string]) iter.Seq2[string, string] {
	return func(yield func(path, value string) bool) {
		for _, r := range records {
			for path, value := range of(r.Document()) {
				if !yield(path, value) {
					return
				}
			}
		}
	}
}
