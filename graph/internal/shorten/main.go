// Command shorten rewrites code that gqlgen generated, so that a value in a
// response costs what it is. As generated, each has a field context, a chain of
// middleware and half a dozen closures, whatever it is; and each object has what
// @defer would need, which the server refuses. Package direct has what the
// rewritten code calls.
package main

import (
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
)

// shortening is a piece of code in a generated file, and what to put in its place.
type shortening struct {
	file, what  string
	code        *regexp.Regexp
	replacement string
}

var shortenings = []shortening{
	{schema, "leaves", regexp.MustCompile(leaf), `	defer direct.Recover(ctx, ec.OperationContext, $4, field, &ret)
	return ec.$2(ctx, field.Selections, $1)
}
$3`},
	{schema, "sets of deferred fields", regexp.MustCompile(`	deferredFieldSet := .*\n	deferLabelToView := .*\n`), ""},
	{schema, "fields that may be deferred", regexp.MustCompile(`(?m)^			if field\.IsDeferred\(\) \{\n(?:(?:				.*)?\n)+			\}\n\n`), ""},
	{schema, "objects", regexp.MustCompile(`(?m)^	atomic\.AddInt32\(&ec\.Deferred, .*\n\n	ec\.ProcessDeferredGroup\(.*\n(?:		.*\n)+	\}\)\n\n	return out\n`),
		"	return direct.Object(fields, out)\n"},
	{schema, "lists", regexp.MustCompile(`graphql\.MarshalSliceConcurrently\(ctx, len\(v\), 0, false, `), "direct.List(ctx, len(v), "},
	{schema, "imports", regexp.MustCompile(`	"math"\n((?:.*\n)*?)(	"github.com/99designs/gqlgen/graphql"\n)`), "$1$2	" + runtime},
	{prelude, "nullable strings", regexp.MustCompile(`model\.MarshalString\(\*v\)`), "model.MarshalStringAt(v)"},
	{root, "answer to a query", regexp.MustCompile(`			var buf bytes\.Buffer\n			data\.MarshalGQL\(&buf\)\n			response\.Data = buf\.Bytes\(\)\n`),
		"			response.Data = direct.JSON(data)\n"},
	{root, "imports", regexp.MustCompile(`	"github.com/99designs/gqlgen/graphql"\n`), "$0	" + runtime},
}

const (
	schema  = "schema.generated.go"
	prelude = "prelude.generated.go"
	root    = "root_.generated.go"
	runtime = `"github.com/authtrail/authtrail/graph/internal/direct"` + "\n"
)

// leaf is a field of a scalar or an enum that has no arguments and cannot fail.
// Where it must not be null its type has no null, since the error that tells of
// one needs a field context.
const leaf = `(?m)^	return graphql\.ResolveField\(
		ctx,
		ec\.OperationContext,
		field,
		func\(ctx context\.Context, field graphql\.CollectedField\) \(\*graphql\.FieldContext, error\) \{
			return ec\.fieldContext_\w+\(ctx, field\)
		\},
		func\(ctx context\.Context\) \(any, error\) \{
			return (obj\.\w+(?:\(\))?), nil
		\},
		nil,
		func\(ctx context\.Context, selections ast\.SelectionSet, v \S+\) graphql\.Marshaler \{
			return ec\.(marshal(?:O|N(?:ID|String|Boolean|Int|Float|DateTime)2[^ᚕᚖ])[^(]+)\(ctx, selections, v\)
		\},
		true,
		(?:true|false),
	\)
\}
(func \(ec \*executionContext\) fieldContext_\w+\(_ context\.Context, field .*\{
	return graphql\.NewScalarFieldContext\(("\w+"), )`

func main() {
	if err := shorten("generated"); err != nil {
		fmt.Fprintln(os.Stderr, "shorten:", err)
		os.Exit(1)
	}
}

// shorten rewrites the files in a folder. There must be something of each kind to
// rewrite: a generator that writes otherwise shall not go unnoticed.
func shorten(folder string) error {
	for _, s := range shortenings {
		file := filepath.Join(folder, s.file)
		code, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if !s.code.Match(code) {
			return fmt.Errorf("%s has no %s as gqlgen wrote them before", file, s.what)
		}
		code, err = format.Source(s.code.ReplaceAll(code, []byte(s.replacement)))
		if err != nil {
			return fmt.Errorf("%s: %s: %w", file, s.what, err)
		}
		if err := os.WriteFile(file, code, 0o644); err != nil {
			return err
		}
	}
	return nil
}
