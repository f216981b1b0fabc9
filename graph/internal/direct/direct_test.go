package direct_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/authtrail/authtrail/graph/internal/direct"
)

func respondingContext() (context.Context, *graphql.OperationContext) {
	recovered := func(_ context.Context, reason any) error { return errors.New(fmt.Sprint("recovered from ", reason)) }
	op := &graphql.OperationContext{RecoverFunc: recovered}
	ctx := graphql.WithOperationContext(context.Background(), op)
	return graphql.WithResponseContext(ctx, graphql.DefaultErrorPresenter, recovered), op
}

func field(alias string) graphql.CollectedField {
	return graphql.CollectedField{Field: &ast.Field{Name: alias, Alias: alias}}
}

func value(json string) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, json) })
}

func TestAPanicOverAFieldMakesItNullAndIsToldWithItsPath(t *testing.T) {
	t.Parallel()
	ctx, op := respondingContext()
	row := 3
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: &row})
	resolve := func() (value graphql.Marshaler) {
		defer direct.Recover(ctx, op, "AuthAudit", field("userId"), &value)
		panic("boom")
	}
	if got := resolve(); got != graphql.Null {
		t.Errorf("the field is %v, not null", got)
	}
	if got := graphql.GetErrors(ctx).Error(); got != "input: [3].userId recovered from boom\n" {
		t.Errorf("the errors are %q", got)
	}
}

func TestAFieldWithoutAPanicKeepsItsValue(t *testing.T) {
	t.Parallel()
	ctx, op := respondingContext()
	resolve := func() (value graphql.Marshaler) {
		defer direct.Recover(ctx, op, "AuthAudit", field("userId"), &value)
		return graphql.True
	}
	if got := resolve(); got != graphql.True || len(graphql.GetErrors(ctx)) != 0 {
		t.Errorf("the field is %v, with errors %v", got, graphql.GetErrors(ctx))
	}
}

func TestAnObjectIsWrittenInTheOrderOfItsFieldsAndEachNameOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		names, want string
	}{
		{"", "{}"},
		{"a", `{"a":0}`},
		{"b a c", `{"b":0,"a":1,"c":2}`},
		{"a b a a c b", `{"a":0,"b":1,"c":4}`},
	} {
		var fields []graphql.CollectedField
		for _, name := range strings.Fields(test.names) {
			fields = append(fields, field(name))
		}
		set := graphql.NewFieldSet(fields)
		for i := range set.Values {
			set.Values[i] = value(fmt.Sprint(i))
		}
		if got := string(direct.JSON(direct.Object(fields, set))); got != test.want {
			t.Errorf("%q is written as %s, want %s", test.names, got, test.want)
		}
	}
}

func TestAListKeepsItsOrderAndItsElementsKnowTheirPlaces(t *testing.T) {
	t.Parallel()
	ctx, _ := respondingContext()
	list := direct.List(ctx, 3, func(ctx context.Context, i int) graphql.Marshaler {
		return value(fmt.Sprintf("%d%d", i, *graphql.GetFieldContext(ctx).Index))
	})
	if got := string(direct.JSON(list)); got != "[00,11,22]" {
		t.Errorf("the list is %s", got)
	}
	if got := string(direct.JSON(direct.List(ctx, 0, nil))); got != "[]" {
		t.Errorf("the empty list is %s", got)
	}
}

func TestAPanicOverAnElementMakesItNullAndIsToldWithItsPlace(t *testing.T) {
	t.Parallel()
	ctx, _ := respondingContext()
	list := direct.List(ctx, 3, func(_ context.Context, i int) graphql.Marshaler {
		if i == 1 {
			panic("boom")
		}
		return graphql.True
	})
	if got := string(direct.JSON(list)); got != "[true,null,true]" {
		t.Errorf("the list is %s", got)
	}
	if got := graphql.GetErrors(ctx).Error(); got != "input: [1] recovered from boom\n" {
		t.Errorf("the errors are %q", got)
	}
}

func TestAnswersDoNotShareMemory(t *testing.T) {
	t.Parallel()
	first := direct.JSON(value(`"first"`))
	second := direct.JSON(value(`"other"`))
	if string(first) != `"first"` || string(second) != `"other"` {
		t.Errorf("the answers are %s and %s", first, second)
	}
}
