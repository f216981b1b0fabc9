package node

import (
	"context"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// flows looks login flows up by a field, where keys name none. The page of a key has
// one row, or with AnyOrg two where several orgs have the id.
func (r *Reader) flows(ctx context.Context, field query.Field, keys []audit.LookupKey) ([]audit.Page, error) {
	scope, err := ScopeOf(ctx)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	return r.lookup(ctx, audit.Lookup{Scope: scope, Kinds: []audit.Kind{audit.KindFlow}, Field: field, Keys: keys,
		Window: audit.Window{Limit: 2}})
}

// LoginFlow returns the flow of a request id, nil when there is none. Without an
// org it may be of any that the caller sees.
func (r *Reader) LoginFlow(ctx context.Context, requestID string, org *string) (*LoginFlow, error) {
	key := audit.LookupKey{AnyOrg: true, Value: requestID}
	if org != nil {
		key.Org, key.AnyOrg = *org, false
	}
	pages, err := r.flows(ctx, query.RequestID, []audit.LookupKey{key})
	if err != nil || requestID == "" || len(pages[0].Hits) == 0 {
		return nil, err
	}
	found := pages[0].Records()
	if found[0].Org != found[len(found)-1].Org {
		return nil, ambiguous("request")
	}
	return loginFlow(row{rows: &rows{reader: r, records: found[:1]}}), nil
}

// loginFlows returns the flow of each row, nil where there is none.
func (r *rows) loginFlows(ctx context.Context) ([]*LoginFlow, error) {
	keys, places := distinct(r.records, partOf)
	found, err := r.reader.flowRows(ctx, query.RequestID, keys)
	return loginFlowsOn(r.reader, placed(found, places)), err
}

// partOf returns what a record's flow is found by: its request id or, if an
// authentication audit has none, its own id.
func partOf(r *audit.Record) (audit.LookupKey, bool) {
	if request, _ := r.Get(query.RequestID); request != "" {
		return audit.LookupKey{Org: r.Org, Value: request}, true
	}
	return audit.LookupKey{Field: query.FlowRecordID, Org: r.Org, Value: r.UniqueID}, r.Kind == audit.KindAuth
}

// flowRows returns the row of each key, nil where there is none.
func (r *Reader) flowRows(ctx context.Context, field query.Field, keys []audit.LookupKey) ([]*audit.Record, error) {
	pages, err := r.flows(ctx, field, keys)
	found := make([]*audit.Record, len(keys))
	for i, page := range pages {
		if len(page.Hits) > 0 {
			found[i] = page.Hits[0].Record
		}
	}
	return found, err
}

// loginFlowsOn returns the nodes of rows as siblings, nil where a row is.
func loginFlowsOn(reader *Reader, found []*audit.Record) []*LoginFlow {
	different, places := distinct(found, func(r *audit.Record) (*audit.Record, bool) { return r, r != nil })
	siblings := &rows{reader: reader, records: different}
	nodes := make([]*LoginFlow, len(different))
	for i := range different {
		nodes[i] = loginFlow(row{rows: siblings, at: i})
	}
	return placed(nodes, places)
}
