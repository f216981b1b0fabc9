package server

import (
	"fmt"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

func TestErrorsInVariablesNameThem(t *testing.T) {
	t.Parallel()
	for _, given := range []string{`"soon"`, `[1]`, `99999999999999999999`} {
		body := fmt.Sprintf(`{"query":"query($n: Int) { loginFlows(first: $n) { totalCount } }","variables":{"n":%s}}`, given)
		errs := decode(t, ask(t, post(body)).Body.String()).Errors
		if len(errs) != 1 || errs[0].Extensions["field"] != "n" || errs[0].Extensions["code"] != "BAD_USER_INPUT" {
			t.Errorf("%s: got %v, want the field n", given, errs)
		}
	}
}

func TestTheFieldOfAnErrorIsTheMemberOfItsVariable(t *testing.T) {
	t.Parallel()
	member := ast.Path{ast.PathName("variable"), ast.PathName("input"), ast.PathName("events"), ast.PathIndex(3), ast.PathName("createTime")}
	if got := variableIn(member); got != "input.events.3.createTime" {
		t.Errorf("the member is %q", got)
	}
	if got := variableIn(ast.Path{ast.PathName("authAudits"), ast.PathName("nodes")}); got != "" {
		t.Errorf("a path of the answer leads to the variable %q", got)
	}
}
