package node

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// TraceConnection is a list of the traces of a flow.
type TraceConnection struct {
	Nodes []*Trace
	info  PageInfo
	total int
}

// TraceEdge is a row of a page.
type TraceEdge = Edge[Trace]

// Edges are the rows of the page with their cursors.
func (c *TraceConnection) Edges() []TraceEdge {
	edges := make([]TraceEdge, len(c.Nodes))
	for i, trace := range c.Nodes {
		edges[i] = TraceEdge{Cursor: traceCursor(trace.TraceID()), Node: trace}
	}
	return edges
}

// PageInfo is where the page lies.
func (c *TraceConnection) PageInfo() *PageInfo { return &c.info }

// TotalCount is how many traces the flow has.
func (c *TraceConnection) TotalCount() int32 { return count(c.total) }

// Traces are the HTTP requests that the flow consists of.
func (f *LoginFlow) Traces(
	_ context.Context, first *int32, after *string, last *int32, before *string,
) (*TraceConnection, error) {
	args := PageArgs{first, after, last, before}
	pages, err := once(&f.group.memo, fmt.Sprintf("traces by %s", args), func() ([]*TraceConnection, error) {
		return f.group.traces(args)
	})
	if err != nil {
		return nil, err
	}
	return pages[f.at], nil
}

// traces returns a page of the traces of each flow. The traces of all pages are siblings.
func (g *flowGroup) traces(args PageArgs) ([]*TraceConnection, error) {
	pages := make([]*TraceConnection, len(g.flows))
	var keys []audit.LookupKey
	for i, flow := range g.flows {
		ids, info, err := args.cut(flow.Traces)
		if err != nil {
			return nil, err
		}
		pages[i] = &TraceConnection{info: info, total: len(flow.Traces), Nodes: make([]*Trace, len(ids))}
		for _, id := range ids {
			keys = append(keys, audit.LookupKey{Org: flow.Org, Value: id})
		}
	}
	traces := newStrands(g.reader, query.TraceID, keys)
	for _, page := range pages {
		for i := range page.Nodes {
			page.Nodes[i] = &Trace{*traces[0]}
			traces = traces[1:]
		}
	}
	return pages, nil
}

// cut returns a page of ids.
func (a PageArgs) cut(ids []string) ([]string, PageInfo, error) {
	limit, backward, err := a.size()
	if err != nil {
		return nil, PageInfo{}, err
	}
	after, err := cursor("after", a.After, parseTraceCursor)
	if err != nil {
		return nil, PageInfo{}, err
	}
	before, err := cursor("before", a.Before, parseTraceCursor)
	if err != nil {
		return nil, PageInfo{}, err
	}
	from, to := 0, len(ids)
	if after != nil {
		from = slices.Index(ids, *after) + 1
	}
	if before != nil {
		if at := slices.Index(ids, *before); at >= from {
			to = at
		}
	}
	info := PageInfo{HasNextPage: to < len(ids), HasPreviousPage: from > 0}
	if extra := max(to-from-limit, 0); backward {
		info.HasPreviousPage = info.HasPreviousPage || extra > 0
		from += extra
	} else {
		info.HasNextPage = info.HasNextPage || extra > 0
		to -= extra
	}
	if from < to {
		info.StartCursor, info.EndCursor = optional(traceCursor(ids[from])), optional(traceCursor(ids[to-1]))
	}
	return ids[from:to], info, nil
}

const traceCursorPrefix = "t1_"

func traceCursor(id string) string {
	return traceCursorPrefix + base64.RawURLEncoding.EncodeToString([]byte(id))
}

func parseTraceCursor(text string) (string, error) {
	encoded, ok := strings.CutPrefix(text, traceCursorPrefix)
	id, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if !ok || err != nil {
		return "", audit.Invalid("", "not a cursor of a list of traces; pass one back exactly as it was returned")
	}
	return string(id), nil
}
