package node

import (
	"context"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// LoginFlowConnection is a list of login flows. Nothing is read before it is asked for.
type LoginFlowConnection struct {
	lists *flowLists
	at    int
}

// LoginFlowEdge is a row of a page.
type LoginFlowEdge = Edge[LoginFlow]

// flowLists are the lists that were asked for together.
type flowLists struct {
	reader *Reader
	order  audit.FlowOrder
	search query.Node // what found the flows; to highlight
	load   func(context.Context) ([]audit.FlowPage, error)
	each   func(ctx context.Context, at int, yield func(*audit.Flow) bool) error
	wish   wish // what the query counts
	memo   memo
}

// loadedFlows is the pages of the lists.
type loadedFlows struct {
	pages []audit.FlowPage
	nodes [][]*LoginFlow
}

// LoginFlows returns the flows that a query finds.
func LoginFlows(ctx context.Context, reader *Reader, q audit.FlowQuery) *LoginFlowConnection {
	return &LoginFlowConnection{lists: &flowLists{
		reader: reader,
		order:  q.Order,
		search: q.Search,
		load: func(ctx context.Context) ([]audit.FlowPage, error) {
			page, err := reader.Flows.SearchFlows(ctx, q)
			return []audit.FlowPage{page}, err
		},
		each: func(ctx context.Context, _ int, yield func(*audit.Flow) bool) error {
			return reader.Flows.EachFlow(ctx, q, yield)
		},
		wish: wishOf(ctx),
	}}
}

func (l *flowLists) loaded(ctx context.Context) (*loadedFlows, error) {
	return once(&l.memo, "pages", func() (*loadedFlows, error) {
		pages, err := l.load(ctx)
		if err != nil {
			return nil, err
		}
		group := &flowGroup{reader: l.reader, search: l.search}
		read := &loadedFlows{pages: pages, nodes: make([][]*LoginFlow, len(pages))}
		for i, page := range pages {
			for _, flow := range page.Flows {
				read.nodes[i] = append(read.nodes[i], group.add(flow))
			}
		}
		return read, nil
	})
}

// Nodes are the rows of the page.
func (c *LoginFlowConnection) Nodes(ctx context.Context) ([]*LoginFlow, error) {
	read, err := c.lists.loaded(ctx)
	if err != nil {
		return nil, err
	}
	return read.nodes[c.at], nil
}

// Edges are the rows of the page with their cursors.
func (c *LoginFlowConnection) Edges(ctx context.Context) ([]LoginFlowEdge, error) {
	nodes, err := c.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	edges := make([]LoginFlowEdge, len(nodes))
	for i, node := range nodes {
		edges[i] = LoginFlowEdge{Cursor: c.lists.order.CursorAt(node.Flow).String(), Node: node}
	}
	return edges, nil
}

// PageInfo is where the page lies. Its cursors are where the search began and
// stopped, since a page without rows may still have a next one.
func (c *LoginFlowConnection) PageInfo(ctx context.Context) (*PageInfo, error) {
	read, err := c.lists.loaded(ctx)
	if err != nil {
		return nil, err
	}
	page := read.pages[c.at]
	info := &PageInfo{HasNextPage: page.HasNext, HasPreviousPage: page.HasPrevious}
	if page.Start != nil {
		info.StartCursor = optional(page.Start.String())
	}
	if page.End != nil {
		info.EndCursor = optional(page.End.String())
	}
	return info, nil
}

// pagesOf cuts the page of a window out of each list of flows, oldest first.
func pagesOf(all [][]*audit.Flow, window audit.FlowWindow) []audit.FlowPage {
	pages := make([]audit.FlowPage, len(all))
	for i, flows := range all {
		pages[i] = pageOf(flows, window)
	}
	return pages
}

func pageOf(flows []*audit.Flow, window audit.FlowWindow) audit.FlowPage {
	from, to := 0, len(flows)
	for from < to && window.After != nil && attemptOrder.CursorAt(flows[from]).Compare(*window.After) <= 0 {
		from++
	}
	for to > from && window.Before != nil && attemptOrder.CursorAt(flows[to-1]).Compare(*window.Before) >= 0 {
		to--
	}
	page := audit.FlowPage{HasNext: window.Before != nil, HasPrevious: window.After != nil}
	if extra := to - from - window.Limit; window.Backward {
		page.HasPrevious = extra > 0
		from += max(extra, 0)
	} else {
		page.HasNext = extra > 0
		to -= max(extra, 0)
	}
	page.Flows = flows[from:to]
	if len(page.Flows) > 0 {
		start, end := attemptOrder.CursorAt(flows[from]), attemptOrder.CursorAt(flows[to-1])
		page.Start, page.End = &start, &end
	}
	return page
}
