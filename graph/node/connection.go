package node

import (
	"context"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/query"
)

// The connections.
type (
	AuthAuditConnection = Connection[AuthAudit]
	AuditConnection     = Connection[Audit]
	EventConnection     = Connection[Event]
	LoginFlowConnection = Connection[LoginFlow]
	AuthAuditEdge       = Edge[AuthAudit]
	AuditEdge           = Edge[Audit]
	EventEdge           = Edge[Event]
	LoginFlowEdge       = Edge[LoginFlow]
)

// Connection is a list of rows. Nothing is read before it is asked for.
type Connection[T any] struct {
	lists *lists
	at    int
	wrap  func(row) *T
}

// Edge is a row of a page, and its place in the list.
type Edge[T any] struct {
	Cursor string
	Node   *T
}

// lists are the lists that were asked for together: one of the query itself, or
// one of each of its parents.
type lists struct {
	reader       *Reader
	kind         audit.Kind
	queries      []audit.Query
	search       query.Node // what found the rows; to highlight
	load         func(context.Context) ([]audit.Page, error)
	wantPosition bool
	memo         memo
}

// loaded is the pages of the lists.
type loaded struct {
	pages  []audit.Page
	rows   *rows
	starts []int // where in the rows each page begins
}

func connectionOf[T any](l *lists, at int, wrap func(row) *T) *Connection[T] {
	if l == nil {
		return nil
	}
	return &Connection[T]{lists: l, at: at, wrap: wrap}
}

// AuthAudits returns the authentication audits that a query finds; search is the
// part of it to highlight.
func AuthAudits(ctx context.Context, reader *Reader, q audit.Query, search query.Node) *AuthAuditConnection {
	return connectionOf(searched(ctx, reader, q, search), 0, authAudit)
}

// Audits likewise returns API audits.
func Audits(ctx context.Context, reader *Reader, q audit.Query, search query.Node) *AuditConnection {
	return connectionOf(searched(ctx, reader, q, search), 0, apiAudit)
}

// Events likewise returns generic events.
func Events(ctx context.Context, reader *Reader, q audit.Query, search query.Node) *EventConnection {
	return connectionOf(searched(ctx, reader, q, search), 0, event)
}

// LoginFlows likewise returns login flows.
func LoginFlows(ctx context.Context, reader *Reader, q audit.Query, search query.Node) *LoginFlowConnection {
	return connectionOf(searched(ctx, reader, q, search), 0, loginFlow)
}

func searched(ctx context.Context, reader *Reader, q audit.Query, search query.Node) *lists {
	kind := q.Kinds[0]
	return &lists{
		reader:  reader,
		kind:    kind,
		queries: []audit.Query{q},
		search:  search,
		load: func(ctx context.Context) ([]audit.Page, error) {
			page, err := reader.of(kind).Search(ctx, q)
			return []audit.Page{page}, err
		},
		wantPosition: selects(ctx, "position"),
	}
}

func (l *lists) loaded(ctx context.Context) (*loaded, error) {
	return once(&l.memo, "pages", func() (*loaded, error) {
		if l.wantPosition { // what is stored meanwhile must lie after it
			if _, err := l.position(ctx); err != nil {
				return nil, err
			}
		}
		pages, err := l.load(ctx)
		if err != nil {
			return nil, err
		}
		read := &loaded{pages: pages, rows: &rows{reader: l.reader, search: l.search}}
		for _, page := range pages {
			read.starts = append(read.starts, len(read.rows.records))
			read.rows.records = append(read.rows.records, page.Records()...)
		}
		return read, nil
	})
}

func (l *lists) position(ctx context.Context) (audit.Position, error) {
	return once(&l.memo, "position", func() (audit.Position, error) { return l.from().End(ctx) })
}

// from is where the rows are read.
func (l *lists) from() Records { return l.reader.of(l.kind) }

// Position is the feed position before the page was read.
func (c *Connection[T]) Position(ctx context.Context) (string, error) {
	position, err := c.lists.position(ctx)
	return string(position), err
}

// Nodes are the rows of the page.
func (c *Connection[T]) Nodes(ctx context.Context) ([]*T, error) {
	read, err := c.lists.loaded(ctx)
	if err != nil {
		return nil, err
	}
	nodes := make([]*T, len(read.pages[c.at].Hits))
	for i := range nodes {
		nodes[i] = c.wrap(row{rows: read.rows, at: read.starts[c.at] + i})
	}
	return nodes, nil
}

// Edges are the rows of the page with their cursors.
func (c *Connection[T]) Edges(ctx context.Context) ([]Edge[T], error) {
	nodes, err := c.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	edges := make([]Edge[T], len(nodes))
	for i, node := range nodes {
		cursor, err := c.cursor(ctx, i)
		if err != nil {
			return nil, err
		}
		edges[i] = Edge[T]{Cursor: cursor, Node: node}
	}
	return edges, nil
}

func (c *Connection[T]) cursor(ctx context.Context, i int) (string, error) {
	read, err := c.lists.loaded(ctx)
	if err != nil {
		return "", err
	}
	return c.lists.queries[c.at].CursorAt(read.pages[c.at].Hits[i]).String(), nil
}

// PageInfo is where the page lies.
func (c *Connection[T]) PageInfo(ctx context.Context) (*PageInfo, error) {
	read, err := c.lists.loaded(ctx)
	if err != nil {
		return nil, err
	}
	page := read.pages[c.at]
	info := &PageInfo{HasNextPage: page.HasNext, HasPreviousPage: page.HasPrevious}
	if last := len(page.Hits) - 1; last >= 0 {
		q := c.lists.queries[c.at]
		info.StartCursor = optional(q.CursorAt(page.Hits[0]).String())
		info.EndCursor = optional(q.CursorAt(page.Hits[last]).String())
	}
	return info, nil
}
