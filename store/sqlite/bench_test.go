package sqlite

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// The benchmarks run on generated records; AUTHTRAIL_BENCH_RECORDS says how
// many, and AUTHTRAIL_BENCH_DIR keeps the database of the searches between runs:
//
//	AUTHTRAIL_BENCH_RECORDS=1000000 AUTHTRAIL_BENCH_DIR=/var/tmp/bench go test -bench . ./store/sqlite
func benchRecords(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("AUTHTRAIL_BENCH_RECORDS"))
	if err != nil {
		return 50_000
	}
	b.Logf("%d records", n)
	return n
}

var (
	benchStages  = []string{"Authentication Request", "Upstream Login", "Policy Evaluation", "MFA Challenge", "Token"}
	benchResults = []string{"Success", "Success", "Success", "DoMfa", "Denied", "Timeout"}
	benchApps    = []string{"Wiki", "VPN Gateway", "Plant Cameras", "Water SCADA", "Ticket Desk", "Payroll", "Mail", "Grafana"}
	benchAgents  = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36",
		"Mozilla/5.0 (X11; Linux x86_64; rv:134.0) Gecko/20100101 Firefox/134.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/129.1 Safari/605.1.15",
	}
)

// benchEvent makes the i-th of n events over a week: steps of logins by 5,000
// users of 50 orgs, and API actions among them.
func benchEvent(i, n int) *audit.Record {
	random := rand.New(rand.NewPCG(uint64(i/5), 7))
	user, org := random.IntN(5000), random.IntN(50)
	session, request, trace := random.Uint64(), random.Uint64(), random.Uint64()
	at := noon.Add(time.Duration(i)*(7*24*time.Hour/time.Duration(n)) + time.Duration(random.IntN(1e6)))
	common := fmt.Sprintf(`"org_id":"org-%03d","session":"ses-%016x","trace_id":"%016x%016x","source_ip":"%d.%d.%d.%d","time":%q,"user_id":"user-%06d"`,
		org, session, trace, random.Uint64(), 20+random.IntN(200), org, user%256, 1+user%250, at.Format(time.RFC3339Nano), user)
	var members string
	if i%16 == 0 {
		members = fmt.Sprintf(`"subsystem":"api","action":"update","api_name":"applications","target_id":"res-%06x","target_resource_name":"resource %d","target_resource_type":"user","token_id":"tok-%016x","audit_attributes":[{"attribute_id":"app-%d","attribute_org_id":"org-%03d","attribute_type":"application"}]`,
			random.IntN(1<<24), random.IntN(10000), random.Uint64(), random.IntN(100), org)
	} else {
		app := random.IntN(len(benchApps))
		members = fmt.Sprintf(`"subsystem":"auth","application_name":%q,"client_id":"client-%d","event_name":%q,"issuer":"https://auth.org%d.example","login_org_id":"org-%03d","login_org_name":"Organisation %d","org_name":"Organisation %d","request_id":"req-%016x","result":%q,"upstream_idp":"okta","upstream_user_id":"person%d@org%d.example","user_agent":%q`,
			benchApps[app], app, benchStages[i%5], org, org, org, org, request, benchResults[random.IntN(6)], user, org, benchAgents[user%3])
	}
	raw := fmt.Sprintf(`{"create_time":%q,"event":{%s,%s},"unique_id":"evt-%09d"}`, at.Format(time.RFC3339Nano), members, common, i)
	r, err := audit.DecodeEvent(json.RawMessage(raw), "")
	if err != nil {
		panic(err)
	}
	return r
}

// BenchmarkAppend measures durable records per second, from four callers with batches of 500.
func BenchmarkAppend(b *testing.B) {
	n := benchRecords(b)
	for b.Loop() {
		b.StopTimer()
		batches := slices.Collect(slices.Chunk(generate(n), 500))
		s := open(b)
		b.StartTimer()
		appendAll(b, s, batches)
		b.StopTimer()
		if info, err := os.Stat(filepath.Join(s.dir, databaseName)); err == nil {
			b.ReportMetric(float64(info.Size())/float64(n), "B/record")
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func generate(n int) []*audit.Record {
	records := make([]*audit.Record, n)
	for i := range records {
		records[i] = benchEvent(i, n)
	}
	return records
}

func appendAll(b *testing.B, s *Store, batches [][]*audit.Record) {
	queue := make(chan []*audit.Record)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for batch := range queue {
				if _, err := s.Append(b.Context(), batch); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for _, batch := range batches {
		queue <- batch
	}
	close(queue)
	wait.Wait()
}

// benchStore is a store with all the records, filled once.
func benchStore(b *testing.B) *Store {
	n := benchRecords(b)
	dir := os.Getenv("AUTHTRAIL_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	s := openIn(b, dir)
	if end, _ := s.feed.now(); end == int64(n) {
		return s
	}
	for from := 0; from < n; from += 10_000 {
		batch := make([]*audit.Record, 0, 10_000)
		for i := from; i < min(from+10_000, n); i++ {
			batch = append(batch, benchEvent(i, n))
		}
		appendAll(b, s, slices.Collect(slices.Chunk(batch, 500)))
	}
	return s
}

// BenchmarkSearch measures the questions that people ask most.
func BenchmarkSearch(b *testing.B) {
	s := benchStore(b)
	sample := benchEvent(12_345, benchRecords(b))
	session, _ := sample.Get(query.Session)
	parse := func(text string) query.Node { return parsed(b, text) }
	for _, bench := range []struct {
		name  string
		scope audit.Scope
		where query.Node
		order audit.Order
	}{
		{"latest", audit.AllOrgs(), nil, audit.Order{}},
		{"oldest", audit.AllOrgs(), nil, audit.Order{Ascending: true}},
		{"session", audit.AllOrgs(), query.Exact{Field: query.Session, Values: []string{session}}, audit.Order{}},
		{"org", audit.Orgs("org-007"), nil, audit.Order{}},
		{"user", audit.AllOrgs(), query.Exact{Field: query.UserID, Values: []string{"user-000123"}}, audit.Order{}},
		{"words", audit.AllOrgs(), parse("denied scada"), audit.Order{}},
		{"phrase", audit.AllOrgs(), parse(`denied "water scada"`), audit.Order{}},
		{"prefix", audit.AllOrgs(), parse("person12*"), audit.Order{}},
		{"words-and-org", audit.Orgs("org-007"), parse("denied scada"), audit.Order{}},
		{"three-filters", audit.Orgs("org-007"), parse("result:denied event_name:token ip:20.0.0.0/6"), audit.Order{}},
		{"not", audit.AllOrgs(), parse("-chrome"), audit.Order{}},
		{"field-words", audit.AllOrgs(), parse("app:scada"), audit.Order{}},
		{"relevance", audit.AllOrgs(), parse("denied scada"), audit.Order{Field: audit.ByRelevance}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			q := audit.Query{Scope: bench.scope, Where: bench.where, Order: bench.order, Window: audit.Window{Limit: 50}}
			for b.Loop() {
				if _, err := s.Search(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func parsed(b *testing.B, text string) query.Node {
	node, err := query.Parse(text, noon)
	if err != nil {
		b.Fatal(err)
	}
	return node
}

// BenchmarkCount measures counts, facets and histograms.
func BenchmarkCount(b *testing.B) {
	s := benchStore(b)
	user := query.Exact{Field: query.UserID, Values: []string{"user-000123"}}
	bench := func(name string, ask func() error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	bench("records-of-a-user", func() error {
		_, err := s.Count(b.Context(), []audit.Query{{Scope: audit.AllOrgs(), Where: user}})
		return err
	})
	bench("records", func() error {
		_, err := s.Count(b.Context(), []audit.Query{{Scope: audit.AllOrgs()}})
		return err
	})
	for _, field := range []query.Field{query.Result, query.OrgID, query.UserID} {
		for name, where := range map[string]query.Node{"all": nil, "denied": parsed(b, "denied"), "user": user} {
			bench("facet-"+string(field)+"-of-"+name, func() error {
				_, err := s.Facets(b.Context(), []audit.FacetRequest{{Query: audit.Query{Scope: audit.AllOrgs(), Where: where}, Field: field, Size: 10}})
				return err
			})
		}
	}
	for _, by := range []query.Field{"", query.Result} {
		bench("histogram-"+string(by), func() error {
			_, err := s.Histograms(b.Context(), []audit.HistogramRequest{{Query: audit.Query{Scope: audit.AllOrgs()}, By: by, Size: 10}})
			return err
		})
	}
}
