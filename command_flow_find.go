package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/authtrail/authtrail/client"
	"github.com/authtrail/authtrail/queries"
	"github.com/authtrail/authtrail/terminal"
)

// foundFlows are the login flows that an id leads to, the newest first: at least one.
type foundFlows struct {
	total int // of which the newest are here
	nodes []json.RawMessage
	rows  []row // what the nodes say
}

// maxFound is how many flows of an id are listed.
const maxFound = 50

// flowsWith returns the flows that an id leads to: those whose request id it is or,
// if there are none, those that have a record, token, session or trace with it, or
// else the one whose own id it is.
func flowsWith(ctx context.Context, server *client.Client, id, org string) (foundFlows, error) {
	if id == "" {
		return foundFlows{}, exitError{exitUsage, fmt.Errorf("an ID must not be empty")}
	}
	found, err := flowsNaming(ctx, server, id, org)
	if err != nil || len(found.rows) > 0 {
		return found, err
	}
	raw, err := flowByID(ctx, server, id)
	if err != nil {
		return foundFlows{}, err
	}
	var own row
	if raw != nil {
		if err := json.Unmarshal(raw, &own); err != nil {
			return foundFlows{}, fmt.Errorf("read the answer: %w", err)
		}
	}
	if raw == nil || org != "" && own.OrgID != org {
		return foundFlows{}, noFlow(id, org)
	}
	return foundFlows{1, []json.RawMessage{raw}, []row{own}}, nil
}

// flowsNaming returns the flows whose records have the id, in whichever of their ids.
func flowsNaming(ctx context.Context, server *client.Client, id, org string) (foundFlows, error) {
	is := map[string]string{"eq": id}
	variables := map[string]any{"first": maxFound, "any": []map[string]any{{"requestId": is}, {"recordId": is}, {"tokenId": is}, {"session": is}, {"traceId": is}}}
	if org != "" {
		variables["orgId"] = map[string]string{"eq": org}
	}
	var data struct {
		LoginFlows struct {
			TotalCount int
			Nodes      []json.RawMessage
		}
	}
	if err := server.Query(ctx, queries.FlowsWithID, variables, &data); err != nil {
		return foundFlows{}, err
	}
	found := foundFlows{total: data.LoginFlows.TotalCount, nodes: data.LoginFlows.Nodes}
	for _, node := range found.nodes {
		var r row
		if err := json.Unmarshal(node, &r); err != nil {
			return foundFlows{}, fmt.Errorf("read the answer: %w", err)
		}
		found.rows = append(found.rows, r)
	}
	return found.preferring(id), nil
}

// preferring returns only those whose request id it is, if there are any.
func (f foundFlows) preferring(id string) foundFlows {
	var only foundFlows
	for i, r := range f.rows {
		if r.RequestID == id {
			only.nodes, only.rows, only.total = append(only.nodes, f.nodes[i]), append(only.rows, r), only.total+1
		}
	}
	if only.total > 0 {
		return only
	}
	return f
}

// flowByID returns the flow with an id that the API gave it, nil if there is none.
func flowByID(ctx context.Context, server *client.Client, id string) (json.RawMessage, error) {
	var data struct{ Flow json.RawMessage }
	var badID *client.Error
	err := server.Query(ctx, queries.FlowByID, map[string]any{"id": id}, &data)
	if asBadInput(err, &badID) || err == nil && !found(data.Flow) { // it is the id of no node, or of another
		return nil, nil
	}
	return data.Flow, err
}

// noFlow says that nothing was found, and what was looked for.
func noFlow(id, org string) error {
	return exitError{exitNothing, fmt.Errorf("no login flow%s has the id %q, and none has a request, record, token, session or trace with it", prefixed(" of the org ", org), id)}
}

// severalOrgs reports whether the flows are not all of one org.
func (f foundFlows) severalOrgs() bool {
	return slices.ContainsFunc(f.rows, func(r row) bool { return r.OrgID != f.rows[0].OrgID })
}

// table lists the flows as a search for flows does, with their orgs where these differ.
func (f foundFlows) table(w io.Writer) error {
	return printTable(w, func(time timeFormat) []tableColumn {
		columns := flowColumns(time)
		if f.severalOrgs() {
			columns = append(columns, tableColumn{terminal.Column{Title: "ORG", Min: 5}, func(r row) terminal.Cell { return plain(r.OrgID) }})
		}
		return columns
	}, f.nodes)
}

// howMany says how many flows have the id, and how to see those that are not listed.
func (f foundFlows) howMany(id string) string {
	if f.total > len(f.rows) {
		return fmt.Sprintf("%d login flows have the id %q, of which these are the newest %d (authtrail search --flows -n %d '%q' lists all)", f.total, id, len(f.rows), f.total, id)
	}
	return fmt.Sprintf("%d login flows have the id %q", f.total, id)
}

// howToOpen says how the command is told one of them.
func (f foundFlows) howToOpen(command string) string {
	for i, r := range f.rows {
		for _, other := range f.rows[:i] {
			if r.RequestID != "" && r.RequestID == other.RequestID {
				return command + " ID --org ORG takes one of them"
			}
		}
	}
	return fmt.Sprintf("%s %s takes the newest, and so on", command, firstOf(f.rows[0].RequestID, f.rows[0].ID))
}
