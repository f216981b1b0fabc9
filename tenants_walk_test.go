package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// walk writes selections that ask for everything below a type. What it does not
// know how to ask for fails the test, so that nothing new goes unasked.
type walk struct {
	testing.TB
	schema *ast.Schema

	// nested are further arguments of the fields below the root, by the field's type
	// and their names. Nil asks with those alone that must be given, for small pages.
	nested map[string]map[string]string
}

func newWalk(t testing.TB) walk {
	t.Helper()
	text, err := os.ReadFile("schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return walk{TB: t, schema: schema}
}

// deepest is how many objects a selection goes down. Below that, and where a type
// comes again, it asks for values only.
const deepest = 4

// below returns the selection of a type that was reached through others.
func (w walk) below(name string, through ...string) string {
	definition := w.schema.Types[name]
	valuesOnly := len(through) >= deepest || slices.Contains(through, name) ||
		strings.HasSuffix(name, "Edge") // nodes says the same
	selection := " { __typename"
	for _, field := range definition.Fields {
		of := w.schema.Types[field.Type.Name()]
		switch {
		case strings.HasPrefix(field.Name, "__"):
		case field.Name == "position": // counts the records of all, without saying whose
		case name == "LoginFlowRevision" && field.Name == "at": // tells when the server worked
		case of.IsLeafType():
			selection += " " + field.Name + w.arguments(field)
		case of.Kind == ast.Union:
			selection += " " + field.Name + w.arguments(field) + w.oneOf(of)
		case !valuesOnly:
			selection += " " + field.Name + w.arguments(field) + w.below(of.Name, append(through, name)...)
		}
	}
	return selection + " }"
}

// oneOf returns the selection of a union, which asks for the values of each type.
func (w walk) oneOf(union *ast.Definition) string {
	selection := " { __typename"
	for _, possible := range w.schema.GetPossibleTypes(union) {
		selection += " ... on " + possible.Name + w.below(possible.Name, possible.Name)
	}
	return selection + " }"
}

// selections returns those that ask for everything below a root field: one, or
// one for each type that the field may be of.
func (w walk) selections(name string) []string {
	definition := w.schema.Types[name]
	switch {
	case strings.HasSuffix(name, "Connection"):
		return []string{w.below(name)}
	case !definition.IsAbstractType():
		return []string{w.below(name, "a root field")}
	}
	var all []string
	for _, possible := range w.schema.GetPossibleTypes(definition) {
		all = append(all, " { __typename ... on "+possible.Name+w.below(possible.Name, "a root field")+" }")
	}
	return all
}

// arguments returns those of a field that must be given, and small pages.
func (w walk) arguments(field *ast.FieldDefinition) string {
	var given []string
	for _, argument := range field.Arguments {
		of := w.schema.Types[argument.Type.Name()]
		value, known := w.nested[field.Type.Name()][argument.Name]
		switch {
		case known && value != "":
			given = append(given, argument.Name+": "+value)
		case known: // goes not together with others
		case w.nested != nil && !argument.Type.NonNull:
			w.Fatalf("%s(%s): say here what to ask for", field.Name, argument.Name)
		case argument.Name == "first":
			given = append(given, "first: 2")
		case !argument.Type.NonNull || argument.DefaultValue != nil:
		case of.Kind == ast.Enum && argument.Type.Elem != nil:
			given = append(given, argument.Name+": ["+everyValue(of)+"]")
		default:
			w.Fatalf("%s(%s): say here what to ask for", field.Name, argument.Name)
		}
	}
	if given == nil {
		return ""
	}
	return "(" + strings.Join(given, ", ") + ")"
}

func everyValue(enum *ast.Definition) string {
	var names []string
	for _, value := range enum.EnumValues {
		names = append(names, value.Name)
	}
	return strings.Join(names, ", ")
}

// queries returns a query for each way to ask each root field, at least. Each
// argument of each must be asked with.
func (w walk) queries(ways map[string][]string) []string {
	w.Helper()
	var all []string
	for _, field := range w.schema.Query.Fields {
		if strings.HasPrefix(field.Name, "__") || field.Name == "auditDestinationDryRun" { // owners only: see TestNobodyManagesDestinationsOfAnotherOrg
			continue
		}
		asked := strings.Join(ways[field.Name], " ")
		if len(ways[field.Name]) == 0 {
			w.Errorf("Query.%s is not asked for", field.Name)
		}
		for _, argument := range field.Arguments {
			if !strings.Contains(asked, argument.Name+":") {
				w.Errorf("Query.%s is not asked with %s", field.Name, argument.Name)
			}
		}
		for _, arguments := range ways[field.Name] {
			all = append(all, w.asked(field, arguments)...)
		}
	}
	return all
}

// deeper returns queries like those, but one for each root field, with all arguments below it.
func (w walk) deeper(ways map[string][]string, nested map[string]map[string]string) (all []string) {
	w.nested = nested
	for _, field := range w.schema.Query.Fields {
		for _, arguments := range ways[field.Name][:min(1, len(ways[field.Name]))] {
			all = append(all, w.asked(field, arguments)...)
		}
	}
	return all
}

func (w walk) asked(field *ast.FieldDefinition, arguments string) (all []string) {
	for _, selection := range w.selections(field.Type.Name()) {
		all = append(all, "{ "+field.Name+arguments+selection+" }")
	}
	return all
}
