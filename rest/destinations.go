package rest

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

func (a *api) createDestination(w http.ResponseWriter, r *http.Request) {
	draft, err := a.readDestination(w, r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), a.Timeout)
	defer cancel()
	created, err := a.Destinations.Create(ctx, draft)
	switch {
	case err == nil:
		a.writeDestination(w, r, http.StatusCreated, created)
	case created.ID != "": // the one that has the name
		a.writeDestination(w, r, http.StatusConflict, created)
	default:
		a.fail(w, r, err)
	}
}

func (a *api) getDestination(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), a.Timeout)
	defer cancel()
	found, err := a.destinationOf(ctx, r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.writeDestination(w, r, http.StatusOK, found)
}

// destinationOf returns the destination that a request names, if its caller may see it.
func (a *api) destinationOf(ctx context.Context, r *http.Request) (destination.Destination, error) {
	scope, err := scopeOf(r, params{r.URL.Query(), a.Now()})
	if err != nil {
		return destination.Destination{}, err
	}
	return a.Destinations.Get(ctx, scope, chi.URLParam(r, "destination_id"))
}

func (a *api) replaceDestination(w http.ResponseWriter, r *http.Request) {
	draft, err := a.readDestination(w, r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	scope, err := a.scopeToWrite(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), a.Timeout)
	defer cancel()
	replaced, err := a.Destinations.Replace(ctx, scope, chi.URLParam(r, "destination_id"), draft)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.writeDestination(w, r, http.StatusOK, replaced)
}

func (a *api) deleteDestination(w http.ResponseWriter, r *http.Request) {
	scope, err := a.scopeToWrite(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), a.Timeout)
	defer cancel()
	if err := a.Destinations.Delete(ctx, scope, chi.URLParam(r, "destination_id")); err != nil {
		a.fail(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
}

// scopeToWrite returns whose destinations a caller may write.
func (a *api) scopeToWrite(r *http.Request) (audit.Scope, error) {
	if err := destination.OwnersOnly(audit.PrincipalFrom(r.Context())); err != nil {
		return audit.Scope{}, err
	}
	return scopeOf(r, params{r.URL.Query(), a.Now()})
}

// readDestination reads the destination that a request is to store. One that names
// no organisation is of the caller's own.
func (a *api) readDestination(w http.ResponseWriter, r *http.Request) (destination.Destination, error) {
	principal := audit.PrincipalFrom(r.Context())
	if err := destination.OwnersOnly(principal); err != nil {
		drain(w, r)
		return destination.Destination{}, err
	}
	body, free, err := a.readBody(w, r, maxBody)
	if err != nil {
		return destination.Destination{}, err
	}
	defer free()
	return destination.ParseOf(principal, body)
}

// writeDestination answers with a destination, and its secrets if the caller may
// write it.
func (a *api) writeDestination(w http.ResponseWriter, r *http.Request, status int, d destination.Destination) {
	text, err := a.destinationFor(r, d)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	writeJSON(w, status, append(text, '\n'))
}

func (a *api) destinationFor(r *http.Request, d destination.Destination) ([]byte, error) {
	revealed, err := a.Destinations.RevealTo(audit.PrincipalFrom(r.Context()), d)
	if err != nil {
		return nil, err
	}
	return revealed.JSON(), nil
}
