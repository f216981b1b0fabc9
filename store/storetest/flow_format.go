package storetest

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// FlowFormat is the format of the suite's own rows. Their Raw is two lines of
// JSON: the fields, and what was said, which the head lacks.
func FlowFormat() audit.Format {
	fields := slices.Concat(query.Fields, query.FlowFields)
	return audit.Format{
		Kinds: []audit.Kind{audit.KindFlow}, Fields: fields, Restore: restoreFlow, MaxBytes: 1 << 20,
		Head: func(raw string) int { return strings.IndexByte(raw, '\n') + 1 }, HeadFields: fields,
		Numbers: []query.Field{query.FlowEndedAt, query.FlowDurationMS},
	}
}

// flowRow is what a row of the suite is made of.
type flowRow struct {
	org, id string
	at      time.Time
	fields  map[query.Field][]string
	said    [][2]string // path and string, beside the values of query.Fields
	extra   [][2]string
}

// flow makes a row that ends some time after it began, with its own id.
func flow(org, id string, at time.Time, lasts time.Duration, fields map[query.Field][]string) flowRow {
	row := flowRow{org: org, id: id, at: at, fields: map[query.Field][]string{
		query.FlowID: {id}, query.FlowOutcome: {"UNDECIDED"},
		query.FlowDurationMS: {fmt.Sprint(lasts.Milliseconds())}, query.FlowEndedAt: {fmt.Sprint(at.Add(lasts).UnixNano())},
	}}
	for field, values := range fields {
		row.fields[field] = values
	}
	return row
}

// saying adds a text to the row.
func (f flowRow) saying(text string) flowRow {
	f.said = append(slices.Clone(f.said), [2]string{"note", text})
	return f
}

// record makes the row's record.
func (f flowRow) record() *audit.Record {
	rest := flowRest{Said: f.said, Extra: f.extra}
	for _, field := range query.Fields {
		for _, value := range f.fields[field] {
			rest.Said = append(rest.Said, [2]string{string(field), value})
		}
	}
	return restoreFlow(audit.Stored{Kind: audit.KindFlow, Org: f.org, UniqueID: f.id, Time: f.at, Raw: line(f.fields) + line(rest)})
}

func line(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b) + "\n"
}

// flowRest is what a row's Raw holds after its head.
type flowRest struct{ Said, Extra [][2]string }

// restoreFlow restores a row; of its head alone, too.
func restoreFlow(stored audit.Stored) *audit.Record {
	d := flowDocument{org: stored.Org, at: stored.Time}
	head, rest, _ := strings.Cut(stored.Raw, "\n")
	if err := json.Unmarshal([]byte(head), &d.fields); err != nil {
		panic(fmt.Sprintf("a row's head came back as %.200q: %v", head, err))
	}
	if rest != "" {
		if err := json.Unmarshal([]byte(rest), &d.rest); err != nil {
			panic(fmt.Sprintf("a row came back as %.200q: %v", rest, err))
		}
	}
	return audit.NewRow(audit.Row{Kind: stored.Kind, Org: stored.Org, UniqueID: stored.UniqueID, Time: stored.Time.UTC(),
		Raw: stored.Raw, Document: d})
}

// flowDocument is a row as the search language sees it.
type flowDocument struct {
	org    string
	at     time.Time
	fields map[query.Field][]string
	rest   flowRest
}

func (d flowDocument) Values(field query.Field) []string {
	if field == query.OrgID && d.org != "" {
		return []string{d.org}
	}
	return d.fields[field]
}

func (d flowDocument) Strings() iter.Seq2[string, string] { return pairs(d.rest.Said) }
func (d flowDocument) Extra() iter.Seq2[string, string]   { return pairs(d.rest.Extra) }
func (d flowDocument) Time() time.Time                    { return d.at.UTC() }

func pairs(list [][2]string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, pair := range list {
			if !yield(pair[0], pair[1]) {
				return
			}
		}
	}
}

// differHeads says how scanned rows differ from whole ones; nil if they do not.
func differHeads(got, want []*audit.Record) error {
	format := FlowFormat()
	for i := range max(len(got), len(want)) {
		g, w := at(got, i), at(want, i)
		switch {
		case g == nil || w == nil || g.Key() != w.Key():
			return fmt.Errorf("%d rows, want %d; they differ at %d:\n\tgot  %s\n\twant %s%s", len(got), len(want), i, describe(g), describe(w), missing(got, want))
		case g.Raw != w.Raw[:format.Head(w.Raw)]:
			return fmt.Errorf("the row is not the head of what it was:\n\tgot  %s\n\twant %s", describe(g), describe(w))
		case g.Version == "" || !g.Time.Equal(w.Time) || g.Kind != w.Kind:
			return fmt.Errorf("the row is %s, version %q; want %s", describe(g), g.Version, describe(w))
		}
		for _, field := range format.Fields {
			if !slices.Equal(g.Values(field), w.Values(field)) {
				return fmt.Errorf("the row's %s is %q, want %q", field, g.Values(field), w.Values(field))
			}
		}
	}
	return nil
}
