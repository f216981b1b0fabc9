package detect_test

import (
	"bufio"
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/detect"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/audit/query"
)

const idle = 15 * time.Minute

// afterAll is when the samples are looked at: long after their last record.
var afterAll = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

// world is events, and the flows that they come to.
type world struct {
	records []*audit.Record        // newest first
	flows   map[string]*audit.Flow // their summaries, by id
	rows    []*audit.Record        // of summaries, newest first
	whole   map[string]*audit.Record
	wholes  map[*audit.Record]*audit.Flow
}

func newWorld(records []*audit.Record) *world {
	return &world{records: records, flows: map[string]*audit.Flow{}, whole: map[string]*audit.Record{}, wholes: map[*audit.Record]*audit.Flow{}}
}

// eventsIn decodes a file of bulk events.
func eventsIn(t *testing.T, path ...string) []*audit.Record {
	t.Helper()
	file, err := os.Open(filepath.Join(append([]string{"..", "..", "testdata"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var records []*audit.Record
	seen := map[audit.Key]bool{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, audit.MaxEventBytes)
	for lines.Scan() {
		r, err := audit.DecodeEvent(lines.Bytes(), "")
		if err != nil {
			t.Fatal(err)
		}
		if !seen[r.Key()] {
			seen[r.Key()] = true
			records = append(records, r)
		}
	}
	if err := lines.Err(); err != nil || len(records) == 0 {
		t.Fatalf("%d events: %v", len(records), err)
	}
	return records
}

// worldOf stitches the flows of events.
func worldOf(records []*audit.Record) *world {
	w := newWorld(records)
	for _, stitched := range flow.StitchAll(records, flow.Rules{Idle: idle}) {
		w.add(stitched.Flow(afterAll, idle))
	}
	return w.sorted()
}

// add adds a flow, and its summary, which is without records.
func (w *world) add(f *audit.Flow) {
	document := flow.Document(f)
	summary := *f
	summary.Records, summary.Links, summary.Verdict = nil, nil, audit.Verdict{}
	summary.Stages = slices.Clone(f.Stages)
	for i := range summary.Stages {
		summary.Stages[i].Records = nil
	}
	w.flows[f.ID] = &summary
	row := audit.Row{Kind: audit.KindFlow, Org: f.Org, UniqueID: f.ID, Time: f.StartedAt, Document: document}
	w.rows = append(w.rows, audit.NewRow(row))
	w.whole[f.ID] = audit.NewRow(row)
	w.wholes[w.whole[f.ID]] = f
}

func (w *world) sorted() *world {
	slices.SortFunc(w.rows, func(a, b *audit.Record) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(b.UniqueID, a.UniqueID))
	})
	return w
}

// Scan implements audit.Scanner.
func (w *world) Scan(_ context.Context, q audit.Query, yield func(*audit.Record) bool) error {
	for _, row := range w.rows {
		if q.Scope.Allows(row.Org) && query.Match(q.Where, row.Document()) && !yield(row) {
			return nil
		}
	}
	return nil
}

// Lookup implements audit.Looker, by the ids of flows.
func (w *world) Lookup(_ context.Context, l audit.Lookup) ([]audit.Page, error) {
	pages := make([]audit.Page, len(l.Keys))
	for i, key := range l.Keys {
		if row := w.whole[key.Value]; row != nil && row.Org == key.Org && l.Scope.Allows(row.Org) && l.FieldOf(key) == query.UniqueID {
			pages[i].Hits = []audit.Hit{{Record: row}}
		}
	}
	return pages, nil
}

// Flow is as that of audit.Flows.
func (w *world) Flow(row *audit.Record) *audit.Flow {
	if f := w.wholes[row]; f != nil {
		return f
	}
	return w.flows[row.UniqueID]
}

// Search implements audit.Searcher, newest first.
func (w *world) Search(_ context.Context, q audit.Query) (audit.Page, error) {
	var page audit.Page
	slices.SortFunc(w.records, func(a, b *audit.Record) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(b.UniqueID, a.UniqueID))
	})
	for _, r := range w.records {
		place := q.CursorAt(audit.Hit{Record: r})
		switch after := q.Window.After; {
		case !slices.Contains(q.Kinds, r.Kind) || !q.Scope.Allows(r.Org) || !query.Match(q.Where, r.Document()):
		case after != nil && (place.Time.After(after.Time) || place.Time.Equal(after.Time) && place.UniqueID >= after.UniqueID):
		case len(page.Hits) == q.Window.Limit:
			page.HasNext = true
			return page, nil
		default:
			page.Hits = append(page.Hits, audit.Hit{Record: r})
		}
	}
	return page, nil
}

// everything asks for all detections of every org in the whole time of the flows.
func (w *world) everything() detect.Request {
	return detect.Request{Scope: audit.AllOrgs(), Limit: detect.MaxDetections,
		From: w.rows[len(w.rows)-1].Time, To: w.rows[0].Time.Add(24 * time.Hour)}
}

// detect returns what is found, which must be all that was asked for.
func (w *world) detect(t *testing.T, r detect.Request) []*detect.Detection {
	t.Helper()
	report, err := detect.Detector{Flows: w, Records: w}.Detect(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if report.Truncated || len(report.Gaps) > 0 {
		t.Errorf("not all was looked at: %v", report.Gaps)
	}
	return report.Detections
}
