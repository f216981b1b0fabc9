package graph

import (
	"context"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/graph/model"
	"github.com/authtrail/authtrail/graph/node"
)

// AuthAudits lists authentication audits.
func (r queryResolver) AuthAudits(
	ctx context.Context, filter map[string]any, search *string, orderBy *model.RecordOrder,
	first *int32, after *string, last *int32, before *string,
) (*node.AuthAuditConnection, error) {
	page := node.PageArgs{First: first, After: after, Last: last, Before: before}
	q, found, err := r.queryFrom(ctx, audit.KindAuth, filter, search, orderBy.Order(), page)
	if err != nil {
		return nil, err
	}
	return node.AuthAudits(ctx, r.reader, q, found), nil
}

// Audits lists API audits.
func (r queryResolver) Audits(
	ctx context.Context, filter map[string]any, search *string, orderBy *model.RecordOrder,
	first *int32, after *string, last *int32, before *string,
) (*node.AuditConnection, error) {
	page := node.PageArgs{First: first, After: after, Last: last, Before: before}
	q, found, err := r.queryFrom(ctx, audit.KindAPI, filter, search, orderBy.Order(), page)
	if err != nil {
		return nil, err
	}
	return node.Audits(ctx, r.reader, q, found), nil
}

// Events lists generic events.
func (r queryResolver) Events(
	ctx context.Context, filter map[string]any, search *string, orderBy *model.RecordOrder,
	first *int32, after *string, last *int32, before *string,
) (*node.EventConnection, error) {
	page := node.PageArgs{First: first, After: after, Last: last, Before: before}
	q, found, err := r.queryFrom(ctx, audit.KindGeneric, filter, search, orderBy.Order(), page)
	if err != nil {
		return nil, err
	}
	return node.Events(ctx, r.reader, q, found), nil
}

// LoginFlows lists login flows.
func (r queryResolver) LoginFlows(
	ctx context.Context, filter map[string]any, search *string, orderBy *model.LoginFlowOrder,
	first *int32, after *string, last *int32, before *string,
) (*node.LoginFlowConnection, error) {
	page := node.PageArgs{First: first, After: after, Last: last, Before: before}
	q, found, err := r.queryFrom(ctx, audit.KindFlow, filter, search, orderBy.Order(), page)
	if err != nil {
		return nil, err
	}
	return node.LoginFlows(ctx, r.reader, q, found), nil
}

// LoginFlow finds the flow of a request id.
func (r queryResolver) LoginFlow(ctx context.Context, requestID string, orgID *string) (*node.LoginFlow, error) {
	return r.reader.LoginFlow(ctx, requestID, orgID)
}

// Session finds a session.
func (r queryResolver) Session(ctx context.Context, id string, orgID *string) (*node.Session, error) {
	return r.reader.Session(ctx, id, orgID)
}

// Trace finds a trace.
func (r queryResolver) Trace(ctx context.Context, id string, orgID *string) (*node.Trace, error) {
	return r.reader.Trace(ctx, id, orgID)
}

// Node finds the object with a global id.
func (r queryResolver) Node(ctx context.Context, id string) (node.Node, error) {
	found, err := r.reader.Nodes(ctx, "id", []string{id})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// Nodes finds the objects with global ids.
func (r queryResolver) Nodes(ctx context.Context, ids []string) ([]node.Node, error) {
	return r.reader.Nodes(ctx, "ids", ids)
}

// Viewer says who asks.
func (r queryResolver) Viewer(ctx context.Context) (*model.Viewer, error) {
	principal := audit.PrincipalFrom(ctx)
	roles := map[audit.Role]model.Role{audit.RoleViewer: model.RoleViewer, audit.RoleEditor: model.RoleEditor,
		audit.RoleOwner: model.RoleOwner}
	viewer := &model.Viewer{Subject: principal.Subject, Orgs: principal.Scope().List(),
		AllOrgs: principal.Scope().All(), Role: model.RoleNone}
	if role, ok := roles[principal.Role]; ok {
		viewer.Role = role
	}
	return viewer, nil
}
