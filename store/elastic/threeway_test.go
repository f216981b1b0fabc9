package elastic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
	"github.com/authtrail/authtrail/store/sqlite"
	"github.com/authtrail/authtrail/store/storetest"
)

const (
	threeWayRecords = 400
	questionsADraw  = 10 // rapid draws 30 times for each of the two generators: 600 queries
)

// The same question gets the same answer from the naive matcher, from SQLite and
// from Elasticsearch, whose partitions have several shards here, with a day each.
func TestThreeWaysToAnswerAgree(t *testing.T) {
	t.Parallel()
	records := storetest.Records(40, threeWayRecords)
	w := threeWay{storetest.Oracle(records), openSQLite(t), openSharded(t)}
	w.fill(t, records)
	for name, where := range map[string]*rapid.Generator[query.Node]{"filters": storetest.Node(), "searches": searches} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				for range questionsADraw {
					w.agree(t, storetest.Query(where).Draw(t, "query"))
				}
			})
		})
	}
}

var searches = rapid.Custom(func(t *rapid.T) query.Node {
	text := storetest.SearchText().Draw(t, "search")
	node, err := query.Parse(text, testTime)
	if err != nil {
		t.Fatalf("parse %s: %v", text, err)
	}
	return node
})

func openSQLite(t *testing.T) audit.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	return opened(t, s, err)
}

func openSharded(t *testing.T) audit.Store {
	t.Helper()
	s, err := Open(t.Context(), Options{URLs: []string{elastictest.URL(t)}, IndexPrefix: elastictest.Prefix(t),
		Partition: Day, Shards: 2, now: func() time.Time { return testTime }})
	return opened(t, s, err)
}

func opened(t *testing.T, s audit.Store, err error) audit.Store {
	t.Helper()
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// threeWay is the same records, held in three ways.
type threeWay struct {
	naive          storetest.Oracle
	embedded, many audit.Store
}

func (w threeWay) fill(t *testing.T, records []*audit.Record) {
	t.Helper()
	for _, store := range []audit.Store{w.embedded, w.many} {
		for batch := range slices.Chunk(records, 100) {
			if _, err := store.Append(t.Context(), batch); err != nil {
				t.Fatalf("append: %v", err)
			}
		}
	}
}

// reply is all that can be asked about a query, printed so that it can be compared.
type reply struct {
	pages            string
	count            int
	facet, histogram string
}

// agree asks one query in three ways.
func (w threeWay) agree(t *rapid.T, q audit.Query) {
	q.Window = audit.Window{Limit: rapid.SampledFrom([]int{7, 50, 500}).Draw(t, "limit"), Backward: rapid.Bool().Draw(t, "backward")}
	facet := audit.FacetRequest{Query: q, Field: rapid.SampledFrom(query.Fields).Draw(t, "facet"), Size: rapid.SampledFrom([]int{1, 4, 500}).Draw(t, "size")}
	histogram := audit.HistogramRequest{Query: q, Interval: rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(t, "interval"), By: facet.Field, Size: facet.Size}
	buckets, _ := w.naive.Histogram(histogram)
	want := replyOf(q, w.naive.Search, w.naive.Count(q), w.naive.Facet(facet), buckets)
	for name, store := range map[string]audit.Store{"SQLite": w.embedded, "Elasticsearch": w.many} {
		if got := answersOf(t, store, q, facet, histogram); got != want {
			t.Fatalf("%s answers\n\t%+v\nwant\n\t%+v\nfor %v: %#v", name, got, want, q.Where, q)
		}
	}
}

// answersOf asks a store everything about a query.
func answersOf(t *rapid.T, store audit.Store, q audit.Query, facet audit.FacetRequest, histogram audit.HistogramRequest) reply {
	ctx := context.Background()
	counts, countErr := store.Count(ctx, []audit.Query{q})
	facets, facetErr := store.Facets(ctx, []audit.FacetRequest{facet})
	histograms, histogramErr := store.Histograms(ctx, []audit.HistogramRequest{histogram})
	if err := errors.Join(countErr, facetErr, histogramErr); err != nil {
		t.Fatalf("count: %v", err)
	}
	search := func(q audit.Query) audit.Page {
		page, err := store.Search(ctx, q)
		if err != nil {
			t.Fatalf("search: %v", err)
		}
		return page
	}
	return replyOf(q, search, counts[0], facets[0], histograms[0])
}

func replyOf(q audit.Query, search func(audit.Query) audit.Page, count int, facet []audit.ValueCount, histogram []audit.Bucket) reply {
	var buckets []string
	for _, b := range histogram {
		if b.Count > 0 { // many lie empty between them
			buckets = append(buckets, fmt.Sprintf("%s %d %q", b.Start.Format(time.RFC3339), b.Count, fmt.Sprint(b.Values)))
		}
	}
	return reply{pages: pagesOf(q, search), count: count, facet: fmt.Sprintf("%q", fmt.Sprint(facet)),
		histogram: fmt.Sprint(len(histogram), buckets)}
}

// pagesOf follows the cursors of the first few pages.
func pagesOf(q audit.Query, search func(audit.Query) audit.Page) string {
	var pages string
	for range 4 {
		page := search(q)
		for _, r := range page.Records() {
			pages += fmt.Sprintf("%s/%s ", r.Org, r.UniqueID)
		}
		pages += fmt.Sprintf("(%v %v)\n", page.HasPrevious, page.HasNext)
		switch {
		case q.Window.Backward && page.HasPrevious:
			first := q.CursorAt(page.Hits[0])
			q.Window.Before = &first
		case !q.Window.Backward && page.HasNext:
			last := q.CursorAt(page.Hits[len(page.Hits)-1])
			q.Window.After = &last
		default:
			return pages
		}
	}
	return pages
}
