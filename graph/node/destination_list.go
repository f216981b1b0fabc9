package node

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// AuditDestinationConnection is a page of destinations.
type AuditDestinationConnection struct {
	nodes      []*AuditDestination
	more, less bool
	TotalCount int
}

// AuditDestinationEdge is a destination of a page, and its place in the list.
type AuditDestinationEdge struct {
	Cursor string
	Node   *AuditDestination
}

// place is where a destination is in the list: they are ordered by name.
type place struct{ Name, ID string }

func placeOf(d destination.Destination) place { return place{d.Spec.Name, d.ID} }

func (p place) compare(other place) int {
	return cmp.Or(cmp.Compare(p.Name, other.Name), cmp.Compare(p.ID, other.ID))
}

func (p place) String() string {
	text, _ := json.Marshal(p) // two texts always can be
	return base64.RawURLEncoding.EncodeToString(text)
}

func parsePlace(text string) (p place, err error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || p.ID == "" {
		return p, audit.Invalid("", "is no cursor of this list; pass one back exactly as it was returned")
	}
	return p, nil
}

// AuditDestinations returns a page of the destinations that a query finds. An
// organisation has few: they are read at once.
func AuditDestinations(ctx context.Context, r *Reader, q destination.Query, page PageArgs) (*AuditDestinationConnection, error) {
	limit, backward, err := page.size()
	if err != nil {
		return nil, err
	}
	after, err := cursor("after", page.After, parsePlace)
	if err != nil {
		return nil, err
	}
	before, err := cursor("before", page.Before, parsePlace)
	if err != nil {
		return nil, err
	}
	q.PageOn, q.Limit = []string{"name", "id"}, math.MaxInt
	list, err := r.Destinations.List(ctx, q)
	if err != nil {
		return nil, err
	}
	all := list.Destinations
	start, end := 0, len(all)
	if after != nil {
		start = boundary(all, *after, 1)
	}
	if before != nil {
		end = max(start, boundary(all, *before, 0))
	}
	if backward {
		start = max(start, end-limit)
	} else {
		end = min(end, start+limit)
	}
	return &AuditDestinationConnection{nodes: destinationsOf(r, all[start:end]),
		less: start > 0, more: end < len(all), TotalCount: len(all)}, nil
}

// boundary returns how many destinations come before a place, with that which is at
// it where inclusive is 1.
func boundary(all []destination.Destination, p place, inclusive int) int {
	i, found := slices.BinarySearchFunc(all, p, func(d destination.Destination, p place) int { return placeOf(d).compare(p) })
	if found {
		return i + inclusive
	}
	return i
}

// Nodes are the destinations of the page.
func (c *AuditDestinationConnection) Nodes() []*AuditDestination { return c.nodes }

// Edges are the destinations of the page with their cursors.
func (c *AuditDestinationConnection) Edges() []AuditDestinationEdge {
	edges := make([]AuditDestinationEdge, len(c.nodes))
	for i, node := range c.nodes {
		edges[i] = AuditDestinationEdge{Cursor: placeOf(node.stored()).String(), Node: node}
	}
	return edges
}

// PageInfo is where the page lies.
func (c *AuditDestinationConnection) PageInfo() *PageInfo {
	info := &PageInfo{HasNextPage: c.more, HasPreviousPage: c.less}
	if edges := c.Edges(); len(edges) > 0 {
		info.StartCursor, info.EndCursor = &edges[0].Cursor, &edges[len(edges)-1].Cursor
	}
	return info
}

// Destination returns the destination with a global id that lies in the scope.
func (r *Reader) Destination(ctx context.Context, id string, scope audit.Scope) (destination.Destination, error) {
	g, ok := parseGlobalID(id)
	if !ok || g.kind != destinationID {
		return destination.Destination{}, audit.Invalid("id", "is no id of a destination; pass one back exactly as it was returned. It is the `id` of GraphQL, not the `destinationId`, which REST and the command line have")
	}
	in, ok := scope.Narrow(g.org)
	if !ok {
		return destination.Destination{}, &audit.Error{Code: audit.NotFound, Field: "id", Message: "there is no such destination"}
	}
	return r.Destinations.Get(ctx, in, g.id)
}

// findDestinations finds the destinations among the ids.
func (r *Reader) findDestinations(ctx context.Context, ids []globalID, nodes []Node) error {
	keys, places := chosen(ids, destinationID)
	if len(keys) == 0 {
		return nil
	}
	scope, err := ScopeOf(ctx)
	if err != nil {
		return err
	}
	var found []destination.Destination
	var at []int
	for i, key := range keys {
		in, ok := scope.Narrow(key.Org)
		if !ok {
			continue
		}
		d, err := r.Destinations.Get(ctx, in, key.Value)
		switch {
		case err == nil:
			found, at = append(found, d), append(at, places[i])
		case audit.AsError(err).Code != audit.NotFound:
			return err
		}
	}
	for i, node := range destinationsOf(r, found) {
		nodes[at[i]] = node
	}
	return nil
}
