package server

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/authtrail/authtrail/audit"
)

// Documents are the only ones that a server runs which trusts no others. A
// document is known by the ids that it was registered under, and by the SHA-256 of
// its text in hexadecimal digits, with "sha256:" before it or without.
type Documents struct {
	registered map[string]string // by the ids that their owner gave them
	byID       map[string]string // by all ids
}

// sha256Prefix begins the ids that the GraphQL over HTTP proposal reserves.
const sha256Prefix = "sha256:"

// register adds a document, unless its id stands for another one already.
func (d *Documents) register(id, document string) error {
	d.registered[id] = document
	sum := sha256.Sum256([]byte(document))
	digits := hex.EncodeToString(sum[:])
	for _, name := range []string{id, digits, sha256Prefix + digits} {
		if known, taken := d.byID[name]; taken && known != document {
			return fmt.Errorf("id %q: stands for two different documents", name)
		}
		d.byID[name] = document
	}
	return nil
}

// has reports whether a text is registered, as it is.
func (d *Documents) has(document string) bool {
	sum := sha256.Sum256([]byte(document))
	return d.byID[hex.EncodeToString(sum[:])] == document
}

// Check returns an error that names each document that is not valid for the
// schema, or over the limits, and what is wrong with it.
func (d *Documents) Check(schema *ast.Schema, limits Limits) error {
	limits = limits.withDefaults()
	var wrong []error
	for _, id := range slices.Sorted(maps.Keys(d.registered)) {
		for _, err := range checkDocument(schema, limits, d.registered[id]) {
			wrong = append(wrong, fmt.Errorf("document %q: %s", id, inWords(err)))
		}
	}
	return errors.Join(wrong...)
}

// inWords is an error with its place in the document.
func inWords(err *gqlerror.Error) string {
	if len(err.Locations) == 0 {
		return err.Message
	}
	return fmt.Sprintf("line %d, column %d: %s", err.Locations[0].Line, err.Locations[0].Column, err.Message)
}

func checkDocument(schema *ast.Schema, limits Limits, document string) gqlerror.List {
	parsed, errs := gqlparser.LoadQueryWithRules(schema, document, validationRules())
	if len(errs) > 0 {
		return errs
	}
	if errs := limits.screen(parsed); len(errs) > 0 {
		return errs
	}
	for _, operation := range parsed.Operations {
		if _, errs := limits.check(&graphql.OperationContext{Doc: parsed, Operation: operation}); len(errs) > 0 {
			return errs
		}
	}
	return nil
}

// asked is which document a request wants to run: by its text, by an id, or both.
type asked struct{ text, id string }

// resolve returns the text of the document that a request wants to run.
func (d *Documents) resolve(a asked) (string, *failure) {
	switch {
	case d == nil && a.id != "" && a.text == "":
		return "", refused(http.StatusBadRequest, "documentId: no documents are registered here; send the query")
	case d == nil:
		return a.text, nil
	case a.text == "":
		document, known := d.byID[strings.TrimSpace(a.id)]
		if !known {
			return "", untrusted("documentId: no document is registered under this id")
		}
		return document, nil
	case !d.has(a.text):
		return "", untrusted("query: only registered documents may be run here, and this is none; name one by documentId")
	case a.id != "" && d.byID[a.id] != a.text:
		return "", refused(http.StatusBadRequest, "documentId: stands for another document than the query; send one of them")
	}
	return a.text, nil
}

func untrusted(message string) *failure {
	return &failure{status: http.StatusForbidden, code: audit.Forbidden, message: message}
}
