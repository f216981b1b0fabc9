//go:build cluster

package elastic

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/store/elastic/elastictest"
)

// TestAClusterThatLosesNodesLosesNothing writes from three processes, one of them
// a process of its own, with records that are late by days, while others search,
// page, count and look up, and one reads the feed. Meanwhile a partition is dropped,
// a primary shard moves to another node, a node with primary shards is killed and comes
// back, and so does the elected master.
func TestAClusterThatLosesNodesLosesNothing(t *testing.T) {
	t.Parallel()
	cluster := elastictest.StartCluster(t, 3)
	c := &crowd{t: t, cluster: cluster, options: Options{URLs: cluster.URLs(), IndexPrefix: "crowd", Partition: Day, Shards: 2, Replicas: 1, RequestTimeout: 10 * time.Second}}
	follower := follow(t, open(t, c.options))
	old := writeOldDay(t, open(t, c.options))
	cluster.WaitGreen() // the partitions that are there, with their replicas
	c.start()

	admin := open(t, c.options)
	today := admin.partitionOf(time.Now())
	c.goOn("before anything happens")
	dropPartition(t, admin, admin.partitionOf(oldDay()))
	c.goOn("after a partition was dropped")
	moveShard(t, admin, today, 0)
	c.goOn("after a shard was moved")
	c.lose("a node", primaryBesideMaster(t, admin, today, cluster.Master()))
	c.lose("the master", cluster.Master())

	want := c.stop()
	admin = open(t, c.options) // one that has begun since finds everything
	c.expectOnce("the feed", want, old, follower.untilEnd(t))
	found, err := readPages(t.Context(), admin, 500)
	if err != nil {
		t.Fatalf("search for everything: %v", err)
	}
	c.expectOnce("search", want, nil, found)
	counts, err := admin.Count(t.Context(), []audit.Query{{Scope: audit.AllOrgs()}})
	if err != nil || counts[0] != len(want) {
		t.Errorf("the count is %v, %v; want %d", counts, err, len(want))
	}
	for ids := range slices.Chunk(want, audit.MaxLookupKeys) {
		if wrong, err := lookupAll(t.Context(), admin, ids); err != nil || len(wrong) > 0 {
			t.Errorf("look up %d records: %v, %v", len(ids), wrong, err)
		}
	}
	t.Logf("%d records, %d more in the partition that was dropped", len(want), len(old))
}

// crowd is all who use a cluster at the same time.
type crowd struct {
	t       *testing.T
	cluster *elastictest.Cluster
	options Options

	writers []*writer
	own     *writer // the one whose store the readers ask
	readers []*reader
	end     context.CancelFunc
}

func (c *crowd) start() {
	c.t.Helper()
	store := open(c.t, c.options)
	c.own = startWriter(c.t, store, "b")
	c.writers = []*writer{startChild(c.t, c.options), c.own, startWriter(c.t, open(c.t, c.options), "c")}
	var ctx context.Context
	ctx, c.end = context.WithCancel(c.t.Context())
	c.readers = readers()
	for _, r := range c.readers {
		go r.read(ctx, c.t, store, c.visible)
	}
}

// seenByOthers is how long after it was acknowledged a record is found through another
// process at the latest: a second, and what a machine takes that is busy with the tests.
const seenByOthers = 15 * time.Second

// visible returns what readers must find: at once what was acknowledged through
// their own store, and what was through others a while ago.
func (c *crowd) visible() []string {
	ids := c.own.soFar()
	for _, w := range c.writers {
		if w != c.own {
			ids = append(ids, w.before(time.Now().Add(-seenByOthers))...)
		}
	}
	return ids
}

// acknowledged returns all that was acknowledged so far.
func (c *crowd) acknowledged() []string {
	var ids []string
	for _, w := range c.writers {
		ids = append(ids, w.soFar()...)
	}
	return ids
}

// goOn waits until each has written more, and been answered more.
func (c *crowd) goOn(when string) {
	c.t.Helper()
	for _, w := range c.writers {
		w.waitFor(c.t, w.count()+50)
	}
	for _, r := range c.readers {
		r.waitFor(c.t, 2)
	}
	c.t.Logf("%s: %d records; refused: %v", when, len(c.acknowledged()), c.refusals())
}

// lose kills a node, and starts it again when everybody goes on without it. Once
// the cluster is green nobody may be refused any more.
func (c *crowd) lose(what string, node int) {
	c.t.Helper()
	c.cluster.Kill(node)
	c.goOn("without " + what)
	c.cluster.Start(node)
	c.cluster.WaitGreen()
	c.goOn("when it is green")
	before := c.refusals()
	c.goOn("later")
	if after := c.refusals(); fmt.Sprint(after) != fmt.Sprint(before) {
		c.t.Errorf("%s was lost and is back, and still some are refused: %v, before %v", what, after, before)
	}
}

// refusals returns how often each was refused what, sorted.
func (c *crowd) refusals() (all []string) {
	for _, r := range c.readers {
		all = append(all, r.refusals()...)
	}
	for i, w := range c.writers {
		if refused := w.refusals(); refused > 0 {
			all = append(all, fmt.Sprintf("writer %d: %d", i, refused))
		}
	}
	slices.Sort(all)
	return all
}

// stop ends all, and returns what was acknowledged.
func (c *crowd) stop() []string {
	c.t.Helper()
	for _, w := range c.writers {
		w.stop(c.t)
	}
	c.end()
	for _, r := range c.readers {
		<-r.stopped
	}
	return c.acknowledged()
}

// expectOnce checks that what was acknowledged, and else nothing but some that
// were dropped, was found once.
func (c *crowd) expectOnce(by string, want []string, dropped map[string]bool, found map[string]int) {
	c.t.Helper()
	if wrong := unlike(want, found); len(wrong) > 0 {
		c.t.Errorf("%s: of %d records %d are wrong: %.500v", by, len(want), len(wrong), wrong)
	}
	known := map[string]bool{}
	for _, id := range want {
		known[id] = true
	}
	for id, times := range found {
		if times != 1 || !known[id] && !dropped[id] {
			c.t.Errorf("%s: %s was found %d times; written: %v", by, id, times, known[id])
		}
	}
}

// oldDay is in a partition that nothing but writeOldDay writes to.
func oldDay() time.Time { return time.Now().Add(-30 * 24 * time.Hour) }

func writeOldDay(t *testing.T, s *Store) map[string]bool {
	t.Helper()
	old := map[string]bool{}
	var batch []*audit.Record
	for i := range 200 {
		id := fmt.Sprintf("old-%d", i)
		old[id] = true
		batch = append(batch, event(t, "old", id, oldDay(), ""))
	}
	statuses(t, s, batch...)
	return old
}

// copies returns the nodes that have the primary of a shard, and its replica.
func copies(t *testing.T, s *Store, index string, number int) (primary, replica string) {
	t.Helper()
	var rows []struct {
		Shard  string `json:"shard"`
		Prirep string `json:"prirep"`
		State  string `json:"state"`
		Node   string `json:"node"`
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		rows = nil
		if err := s.client.do(t.Context(), esapi.CatShardsRequest{Index: []string{index}, Format: "json"}, &rows); err != nil {
			continue
		}
		primary, replica = "", ""
		for _, row := range rows {
			switch {
			case row.Shard != strconv.Itoa(number) || row.State != "STARTED":
			case row.Prirep == "p":
				primary = row.Node
			default:
				replica = row.Node
			}
		}
		if primary != "" && replica != "" {
			return primary, replica
		}
	}
	t.Fatalf("shard %d of %s does not have two copies: %v", number, index, rows)
	return "", ""
}

// primaryBesideMaster returns a node that has the primary of a shard and is not
// the master, or where there is none any node but the master.
func primaryBesideMaster(t *testing.T, s *Store, index string, master int) int {
	t.Helper()
	for number := range s.options.Shards {
		primary, _ := copies(t, s, index, number)
		if node := nodeNumber(t, primary); node != master {
			return node
		}
	}
	return (master + 1) % 3
}

func nodeNumber(t *testing.T, name string) int {
	t.Helper()
	number, err := strconv.Atoi(strings.TrimPrefix(name, "node-"))
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// moveShard moves the primary of a shard to the node that has no copy of it, and
// waits until it is there.
func moveShard(t *testing.T, s *Store, index string, number int) {
	t.Helper()
	from, other := copies(t, s, index, number)
	to := ""
	for i := range 3 {
		if name := fmt.Sprintf("node-%d", i); name != from && name != other {
			to = name
		}
	}
	body := fmt.Sprintf(`{"commands":[{"move":{"index":%q,"shard":%d,"from_node":%q,"to_node":%q}}]}`, index, number, from, to)
	if err := s.client.do(t.Context(), esapi.ClusterRerouteRequest{Body: strings.NewReader(body)}, nil); err != nil {
		t.Fatalf("move a shard from %s to %s: %v", from, to, err)
	}
	for deadline := time.Now().Add(time.Minute); ; {
		if primary, _ := copies(t, s, index, number); primary == to {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the shard has not moved from %s to %s", from, to)
		}
	}
}
