package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// LookupFlows implements audit.FlowReader. For up to audit.MaxLookupKeys keys it
// makes one round trip, and one more when attempts have more than
// audit.MaxPageSize records.
//
// Where several orgs share one request id and it has audit.MaxFlowRecords
// records in all, a key with AnyOrg makes twice as many, and finds the orgs that
// are among the first half and the last half of that number.
func (r *Reader) LookupFlows(ctx context.Context, scope audit.Scope, keys []audit.FlowKey) ([][]*audit.Flow, error) {
	if err := scope.Validate(); err != nil {
		return nil, err
	}
	flows, err := r.flowsOf(ctx, scope, keys, r.now())
	if err != nil {
		return nil, fmt.Errorf("look up flows: %w", err)
	}
	return flows, nil
}

// flowsOf is LookupFlows at one moment.
func (r *Reader) flowsOf(ctx context.Context, scope audit.Scope, keys []audit.FlowKey, now time.Time) ([][]*audit.Flow, error) {
	flows := make([][]*audit.Flow, len(keys))
	var asked []int // which keys can have an answer
	for i, key := range keys {
		if key.RequestID != "" && (key.AnyOrg || scope.Allows(key.Org)) {
			asked = append(asked, i)
		}
	}
	for chunk := range slices.Chunk(asked, audit.MaxLookupKeys) {
		wanted := make([]audit.FlowKey, len(chunk))
		for i, at := range chunk {
			wanted[i] = keys[at]
		}
		attempts, err := r.attempts(ctx, scope, wanted)
		if err != nil {
			return nil, err
		}
		for i, at := range chunk {
			flows[at] = r.build(attempts[i], keys[at].RequestID, now)
		}
	}
	return flows, nil
}

// build returns the flow of each org that the records of one request id belong to.
func (r *Reader) build(records []*audit.Record, requestID string, now time.Time) []*audit.Flow {
	byOrg := map[string][]*audit.Record{}
	for _, record := range records {
		byOrg[record.Org] = append(byOrg[record.Org], record)
	}
	flows := make([]*audit.Flow, 0, len(byOrg))
	for _, org := range slices.Sorted(maps.Keys(byOrg)) {
		flows = append(flows, Build(org, requestID, byOrg[org], now, r.idle))
	}
	return flows
}

// attempts returns the records of each key, in time order: all of them, or the
// first and the last half of audit.MaxFlowRecords.
func (r *Reader) attempts(ctx context.Context, scope audit.Scope, keys []audit.FlowKey) ([][]*audit.Record, error) {
	records, long, err := r.ends(ctx, scope, keys, false)
	if err != nil || len(long) == 0 {
		return records, err
	}
	tails, _, err := r.ends(ctx, scope, pickFrom(keys, long), true)
	if err != nil {
		return nil, err
	}
	var mixed []int
	for i, at := range long {
		records[at] = joined(records[at], tails[i])
		if keys[at].AnyOrg && len(records[at]) >= audit.MaxFlowRecords {
			mixed = append(mixed, at)
		}
	}
	return records, r.separate(ctx, scope, keys, mixed, records)
}

// separate asks again, org by org, for the keys whose orgs may have cut each other short.
func (r *Reader) separate(ctx context.Context, scope audit.Scope, keys []audit.FlowKey, mixed []int, records [][]*audit.Record) error {
	var single []audit.FlowKey
	var owner []int
	for _, at := range mixed {
		orgs := map[string]bool{}
		for _, record := range records[at] {
			orgs[record.Org] = true
		}
		if len(orgs) == 1 {
			continue
		}
		records[at] = nil
		for _, org := range slices.Sorted(maps.Keys(orgs)) {
			single = append(single, audit.FlowKey{Org: org, RequestID: keys[at].RequestID})
			owner = append(owner, at)
		}
	}
	for begin := 0; begin < len(single); begin += audit.MaxLookupKeys {
		end := min(begin+audit.MaxLookupKeys, len(single))
		attempts, err := r.attempts(ctx, scope, single[begin:end])
		if err != nil {
			return err
		}
		for i, attempt := range attempts {
			records[owner[begin+i]] = append(records[owner[begin+i]], attempt...)
		}
	}
	return nil
}

// ends returns the first records of each key, or the last, and which keys have more.
func (r *Reader) ends(ctx context.Context, scope audit.Scope, keys []audit.FlowKey, last bool) ([][]*audit.Record, []int, error) {
	lookup := audit.Lookup{
		Scope: scope, Kinds: []audit.Kind{audit.KindAuth}, Field: query.RequestID,
		Keys: make([]audit.LookupKey, len(keys)), Order: audit.Order{Ascending: true},
		Window: audit.Window{Limit: audit.MaxFlowRecords / 2, Backward: last},
	}
	for i, key := range keys {
		lookup.Keys[i] = audit.LookupKey{Org: key.Org, AnyOrg: key.AnyOrg, Value: key.RequestID}
	}
	pages, err := r.looker.Lookup(ctx, lookup)
	if err != nil {
		return nil, nil, err
	}
	records := make([][]*audit.Record, len(keys))
	var long []int
	for i, page := range pages {
		records[i] = page.Records()
		if page.HasNext {
			long = append(long, i)
		}
	}
	return records, long, nil
}

// joined returns the records of two runs in time order that may overlap.
func joined(head, tail []*audit.Record) []*audit.Record {
	end := head[len(head)-1]
	for i, record := range tail {
		if end.Less(record) {
			return append(head, tail[i:]...)
		}
	}
	return head
}
