package node

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// Nodes returns the objects with global ids, in their order, nil for each that
// there is not. The argument is named in errors.
func (r *Reader) Nodes(ctx context.Context, argument string, ids []string) ([]Node, error) {
	if len(ids) > audit.MaxPageSize {
		return nil, audit.Invalid(argument, "at most %d can be asked for at once", audit.MaxPageSize)
	}
	parsed := make([]globalID, len(ids))
	for i, id := range ids {
		var ok bool
		if parsed[i], ok = parseGlobalID(id); !ok {
			return nil, audit.Invalid(argument, "%.80q is no id of this API; pass one back exactly as it was returned", id)
		}
	}
	nodes := make([]Node, len(ids))
	var all errgroup.Group // each writes the places of its own kind
	all.Go(func() error { return r.findRecords(ctx, parsed, nodes) })
	all.Go(func() error { return r.findFlows(ctx, parsed, nodes) })
	all.Go(func() error { return r.findStrands(ctx, sessionID, query.Session, parsed, nodes) })
	all.Go(func() error { return r.findStrands(ctx, traceID, query.TraceID, parsed, nodes) })
	all.Go(func() error { return r.findDestinations(ctx, parsed, nodes) })
	if err := all.Wait(); err != nil {
		return nil, err
	}
	return nodes, nil
}

// chosen returns the keys of the ids of some kinds, and their places among all ids.
func chosen(ids []globalID, kinds ...byte) (keys []audit.LookupKey, places []int) {
	for i, id := range ids {
		if slices.Contains(kinds, id.kind) {
			keys, places = append(keys, audit.LookupKey{Org: id.org, Value: id.id}), append(places, i)
		}
	}
	return keys, places
}

// existing returns the page of one record of each key, of some kinds.
func (r *Reader) existing(ctx context.Context, kinds []audit.Kind, field query.Field, keys []audit.LookupKey) ([]audit.Page, error) {
	group := &strands{reader: r, field: field, keys: keys}
	l, err := group.lookup(ctx, kinds, audit.Order{}, audit.Window{Limit: 1})
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	return r.lookup(ctx, l)
}

func (r *Reader) findRecords(ctx context.Context, ids []globalID, nodes []Node) error {
	keys, places := chosen(ids, authAuditID, auditID, eventID)
	pages, err := r.existing(ctx, audit.PrincipalFrom(ctx).KindsOf(audit.Kinds...), query.UniqueID, keys)
	if err != nil {
		return err
	}
	siblings := &rows{reader: r}
	for i, page := range pages {
		if len(page.Hits) == 0 || recordKinds[page.Hits[0].Record.Kind] != ids[places[i]].kind {
			continue
		}
		siblings.records = append(siblings.records, page.Hits[0].Record)
		nodes[places[i]] = recordNode(row{rows: siblings, at: len(siblings.records) - 1})
	}
	return nil
}

func recordNode(r row) Node {
	switch r.record().Kind {
	case audit.KindAuth:
		return authAudit(r)
	case audit.KindAPI:
		return apiAudit(r)
	}
	return event(r)
}

func (r *Reader) findFlows(ctx context.Context, ids []globalID, nodes []Node) error {
	keys, places := chosen(ids, loginFlowID)
	found, err := r.flowRows(ctx, query.FlowID, keys)
	for i, flow := range loginFlowsOn(r, found) {
		if flow != nil {
			nodes[places[i]] = flow
		}
	}
	return err
}

func (r *Reader) findStrands(
	ctx context.Context, kind byte, field query.Field, ids []globalID, nodes []Node,
) error {
	keys, places := chosen(ids, kind)
	pages, err := r.existing(ctx, audit.Kinds, field, keys)
	if err != nil {
		return err
	}
	found := newStrands(r, field, keys)
	for i, page := range pages {
		switch {
		case len(page.Hits) == 0:
		case kind == sessionID:
			nodes[places[i]] = &Session{*found[i]}
		default:
			nodes[places[i]] = &Trace{*found[i]}
		}
	}
	return nil
}
