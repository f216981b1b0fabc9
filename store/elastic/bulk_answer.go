package elastic

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// bulkAnswer is what became of a bulk.
type bulkAnswer struct {
	Items []bulkAnswerItem `json:"items"`
}

// bulkAnswerItem has one member.
type bulkAnswerItem struct {
	Create *bulkResult `json:"create"`
	Put    *bulkResult `json:"index"`
	Remove *bulkResult `json:"delete"`
}

func (i bulkAnswerItem) result() bulkResult {
	if result := cmp.Or(i.Create, i.Put, i.Remove); result != nil {
		return *result
	}
	return bulkResult{}
}

type bulkResult struct {
	Status int `json:"status"`
	Error  struct {
		Type   string `json:"type"`
		Reason string `json:"reason"`
		Cause  struct {
			Reason string `json:"reason"`
		} `json:"caused_by"`
	} `json:"error"`
}

// mayBeDone reports whether what failed for now may have been done: a copy of
// the shard did not answer, and others have it.
func (r bulkResult) mayBeDone() bool {
	return r.Status == http.StatusTooManyRequests || r.Status >= http.StatusInternalServerError
}

// doubt notes that every item may have been done before.
func (b *bulk) doubt() {
	for i := range b.items {
		b.items[i].doubtful = true
	}
}

// settle tells what became of the items, and returns those to send again, with why.
func (b *bulk) settle(answer bulkAnswer, tell telling) ([]bulkItem, error) {
	if len(answer.Items) != len(b.items) {
		return nil, unavailable("Elasticsearch's answer cannot be read", fmt.Errorf("it has %d items for %d records", len(answer.Items), len(b.items)))
	}
	var busy []bulkItem
	var why bulkResult
	for i, item := range b.items {
		result := answer.Items[i].result()
		if outcome, known := result.outcome(item.exact); known {
			tell(item, outcome)
			continue
		}
		item.doubtful = item.doubtful || result.mayBeDone()
		busy, why = append(busy, item), result
		if result.Error.Type == missingAlias {
			b.missing = append(b.missing, item.index)
		}
	}
	if len(busy) > 0 {
		return busy, unavailable(why.message(), fmt.Errorf("%d of %d records: %d %s: %s",
			len(busy), len(b.items), why.Status, why.Error.Type, why.Error.Reason))
	}
	return nil, nil
}

// message says why something has to be sent again.
func (r bulkResult) message() string {
	switch {
	case r.Error.Type == missingAlias:
		return "Elasticsearch has not made a partition yet"
	case r.ofIndex():
		return "Elasticsearch takes no writes of that time for now"
	}
	return "Elasticsearch is overloaded"
}

// blocked is the engine's word for an index that takes no writes: while a
// reindex replaces it, or because a disk is full.
const blocked = "cluster_block_exception"

// ofIndex reports whether a refusal concerns the index or the cluster, and would meet
// any document: the sender keeps it until somebody has mended that.
func (r bulkResult) ofIndex() bool {
	switch {
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusForbidden: // a block, or a lack of privileges
		return true
	case slices.Contains([]string{blocked, missingAlias, "index_closed_exception", "security_exception", "validation_exception"}, r.Error.Type):
		return true
	}
	return slices.ContainsFunc(reasonsOfIndex, func(part string) bool { return strings.Contains(r.Error.Reason, part) })
}

// reasonsOfIndex tell from a bad document what the engine calls an illegal argument as well.
var reasonsOfIndex = []string{
	"no write index is defined for alias", // somebody has added an index to the alias
	"shards, but this cluster",            // its nodes hold as many as they may
	"number of documents in the",          // a shard holds as many as Lucene can number
}

// outcome returns what became of an action, unless it has to be sent again: the
// cluster was too busy, or the partition is being replaced. Duplicate says that
// what is there is not what had to be; for an action on one version, in the very
// index of it (exact), also that this index is gone.
func (r bulkResult) outcome(exact bool) (audit.Outcome, bool) {
	switch {
	case r.Status == http.StatusCreated, r.Status == http.StatusOK:
		return audit.Outcome{Status: audit.Accepted}, true
	case r.Status == http.StatusConflict, r.Status == http.StatusNotFound && r.Error.Type == "":
		return audit.Outcome{Status: audit.Duplicate}, true
	case exact && r.Error.Type == missingAlias:
		return audit.Outcome{Status: audit.Duplicate}, true
	case r.Status == http.StatusTooManyRequests, r.Status >= 500, r.ofIndex():
		return audit.Outcome{}, false
	}
	reason := r.Error.Reason
	if r.Error.Cause.Reason != "" {
		reason += ": " + r.Error.Cause.Reason
	}
	return audit.Outcome{Status: audit.Rejected, Reason: fmt.Sprintf("Elasticsearch cannot hold it: %.500s", reason)}, true
}
