package elastic

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

// A real cluster refuses a search so only for moments, which no test can hit.
func TestWhoSearchesWhilePartitionsMoveIsAnsweredAMomentLater(t *testing.T) {
	t.Parallel()
	const gone = `{"error":{"type":"search_phase_execution_exception","reason":"Partial shards failure"},"status":404}`
	everything := audit.Query{Scope: audit.AllOrgs(), Window: audit.Window{Limit: 1}}
	for name, c := range map[string]struct {
		refusals int32
		want     audit.Code
	}{"for a moment": {3, ""}, "for long": {1 << 30, audit.Unavailable}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			es := answering(t, func(w http.ResponseWriter, r *http.Request) {
				refused := asked.Add(1) <= c.refusals
				switch many := strings.HasSuffix(r.URL.Path, "_msearch"); {
				case refused && many:
					_, _ = w.Write([]byte(`{"responses":[{"hits":{"total":{"value":7}},"status":200},` + gone + `]}`))
				case refused:
					w.WriteHeader(http.StatusNotFound)
					_, _ = w.Write([]byte(gone))
				case many:
					_, _ = w.Write([]byte(`{"responses":[{"hits":{"total":{"value":7}},"status":200},{"hits":{"total":{"value":8}},"status":200}]}`))
				default:
					_, _ = w.Write([]byte(`{"hits":{"hits":[]}}`))
				}
			})
			options, err := Options{URLs: []string{"http://127.0.0.1:1"}}.complete()
			if err != nil {
				t.Fatal(err)
			}
			s := newStore(es, options)
			clear(s.refreshes.noted) // all that there is was seen
			t.Cleanup(func() { _ = s.Close() })
			expect := func(what string, err error) {
				t.Helper()
				if known := audit.AsError(err); c.want == "" && err != nil || c.want != "" && (err == nil || known.Code != c.want || known.RetryAfter <= 0) {
					t.Errorf("%s: %v, want %q", what, err, c.want)
				}
			}
			_, err = s.Search(t.Context(), everything)
			expect("search", err)
			asked.Store(0)
			counts, err := s.Count(t.Context(), []audit.Query{everything, everything})
			expect("count", err)
			if c.want == "" && (counts[0] != 7 || counts[1] != 8) {
				t.Errorf("the counts are %v", counts)
			}
		})
	}
}
