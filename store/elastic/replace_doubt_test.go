package elastic

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/storetest"
)

// rowServer returns a store of rows whose bulks are answered by bulk, and whose
// rows are read back as present says.
func rowServer(t testing.TB, bulk func(body string, times int32) (status int, answer string), present string) (*Store, *atomic.Int32) {
	t.Helper()
	var bulks, reads atomic.Int32
	es := answering(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.HasSuffix(r.URL.Path, "_bulk"):
			status, answer := bulk(string(body), bulks.Add(1))
			if status == 0 {
				panic(http.ErrAbortHandler) // the answer is lost
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(answer))
		case strings.HasSuffix(r.URL.Path, "_mget"):
			reads.Add(1)
			_, _ = w.Write([]byte(`{"docs":[` + present + `]}`))
		default:
			_, _ = w.Write([]byte(`{"_shards":{"total":9,"successful":9,"failed":0}}`))
		}
	})
	es.timeout = 10 * time.Second
	return rowsOver(t, es), &reads
}

// rowsOver returns a store of rows on a client.
func rowsOver(t testing.TB, es *client) *Store {
	t.Helper()
	options, err := Options{URLs: []string{"http://127.0.0.1:1"}, Format: storetest.FlowFormat()}.complete()
	if err != nil {
		t.Fatal(err)
	}
	s := newStore(es, options)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// The trouble that the first of two bulks has.
const (
	none = ""
	busy = "a copy that does not answer"
	lost = "an answer that is lost"
)

// troubled answers a bulk of one change: that it meets another version, after the trouble.
func troubled(trouble, body string, times int32) (status int, answer string) {
	verb := body[2 : 2+strings.IndexByte(body[2:], '"')]
	switch {
	case times == 1 && trouble == busy:
		return http.StatusOK, `{"items":[{"` + verb + `":{"status":503,"error":{"type":"unavailable_shards_exception","reason":"r"}}}]}`
	case times == 1 && trouble == lost:
		return 0, ""
	}
	return http.StatusOK, `{"items":[{"` + verb + `":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"r"}}}]}`
}

// A change that was made, and whose answer was lost on the way to a node or from
// a copy, meets itself when it is sent again.
func TestAChangeThatMeetsItselfIsMade(t *testing.T) {
	t.Parallel()
	mine, others := row("f", testTime, "DENIED"), row("f", testTime, "FAILED")
	holds := func(r *audit.Record) string {
		document := newFormat(storetest.FlowFormat()).appendDocument(nil, r, origin{})
		return `{"_index":"i","found":true,"_source":` + string(document) + `}`
	}
	const gone, noIndex = `{"_index":"i","found":false}`, `{"_index":"i","error":{"type":"index_not_found_exception"}}`
	const was = "1.1.authtrail-records-overflow"
	for name, c := range map[string]struct {
		change  audit.Replacement
		trouble string
		present string
		done    bool
		reads   int32
	}{
		"a new row, not sent again":              {audit.Replacement{Row: mine}, none, holds(mine), false, 0},
		"a new row after a busy copy":            {audit.Replacement{Row: mine}, busy, holds(mine), true, 1},
		"a new row after a lost answer":          {audit.Replacement{Row: mine}, lost, holds(mine), true, 1},
		"a new row that another made":            {audit.Replacement{Row: mine}, busy, holds(others), false, 1},
		"a later version, not sent again":        {audit.Replacement{Row: mine, Was: was}, none, holds(mine), false, 0},
		"a later version after a busy copy":      {audit.Replacement{Row: mine, Was: was}, busy, holds(mine), true, 1},
		"a later version that another made":      {audit.Replacement{Row: mine, Was: was}, lost, holds(others), false, 1},
		"a later version of what is gone":        {audit.Replacement{Row: mine, Was: was}, busy, gone, false, 1},
		"a later version in a partition no more": {audit.Replacement{Row: mine, Was: was}, busy, noIndex, false, 1},
		"a removal, not sent again":              {audit.Replacement{Row: mine, Was: was, Remove: true}, none, gone, false, 0},
		"a removal after a busy copy":            {audit.Replacement{Row: mine, Was: was, Remove: true}, busy, gone, true, 1},
		"a removal of what was replaced":         {audit.Replacement{Row: mine, Was: was, Remove: true}, lost, holds(others), false, 1},
		"a removal in a partition no more":       {audit.Replacement{Row: mine, Was: was, Remove: true}, lost, noIndex, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, reads := rowServer(t, func(body string, times int32) (int, string) { return troubled(c.trouble, body, times) }, c.present)
			err := s.Replace(t.Context(), []audit.Replacement{c.change})
			switch {
			case c.done && err != nil:
				t.Errorf("replace: %v", err)
			case !c.done:
				requireConflict(t, "replace", err)
			}
			if reads.Load() != c.reads {
				t.Errorf("the row was read back %d times, want %d", reads.Load(), c.reads)
			}
		})
	}
}

// What a write that failed has done all the same is made visible, so that whoever
// tries again reads it, and makes no row a second time in another partition.
func TestAfterAWriteThatFailedWhatItDidIsMadeVisible(t *testing.T) {
	t.Parallel()
	var refreshed atomic.Int32
	es := answering(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "_bulk"):
			w.WriteHeader(http.StatusInternalServerError)
		case strings.HasSuffix(r.URL.Path, "_refresh"):
			refreshed.Add(1)
			fallthrough
		default:
			_, _ = w.Write([]byte(`{"_shards":{"total":9,"successful":9,"failed":0}}`))
		}
	})
	err := rowsOver(t, es).Replace(t.Context(), []audit.Replacement{{Row: row("f", testTime, "DENIED")}})
	if audit.AsError(err) == nil || audit.AsError(err).Code != audit.Unavailable || refreshed.Load() == 0 {
		t.Errorf("replace: %v, after %d refreshes", err, refreshed.Load())
	}
}

func TestManyChangesAreSentInBulksOfWhichFewAreUnderWay(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var sizes []int
	var under, most atomic.Int32
	s, _ := rowServer(t, func(body string, _ int32) (int, string) {
		now := under.Add(1)
		defer under.Add(-1)
		time.Sleep(250 * time.Millisecond) // so that more would come
		mu.Lock()
		defer mu.Unlock()
		most.Store(max(most.Load(), now))
		items := strings.Count(body, `"create":`)
		sizes = append(sizes, len(body))
		return http.StatusOK, `{"items":[` + strings.Join(slices.Repeat([]string{`{"create":{"status":201}}`}, items), ",") + `]}`
	}, "")
	var changes []audit.Replacement
	for i := range 36 {
		large := row(fmt.Sprint("f-", i), testTime, strings.Repeat("lorem ipsum ", 40_000))
		changes = append(changes, audit.Replacement{Row: large})
	}
	if err := s.Replace(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	if len(sizes) < 5 || most.Load() > bulksOfOneCaller || slices.Max(sizes) > 2*bulkBytes {
		t.Errorf("bulks of %v bytes, %d at a time", sizes, most.Load())
	}
}
