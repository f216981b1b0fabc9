package server

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// validationRules are GraphQL's, and what gqlparser leaves out of them.
func validationRules() *rules.Rules {
	all := rules.NewDefaultRules()
	all.AddRule("ObjectsAreInputs", objectsAreInputs)
	return all
}

// objectsAreInputs refuses an object where a scalar or an enum is wanted. It would
// reach the scalar's own code, whose errors count as defects. Scalars of the
// schema's own may be objects.
func objectsAreInputs(observers *core.Events, addError core.AddErrFunc) {
	observers.OnValue(func(_ *core.Walker, value *ast.Value) {
		if value.Kind != ast.ObjectValue || value.Definition == nil || value.ExpectedType == nil {
			return
		}
		if value.Definition.Kind == ast.Enum || value.Definition.OneOf("Int", "Float", "String", "Boolean", "ID") {
			addError(core.Message(`Expected value of type "%s", found an object.`, value.ExpectedType), core.At(value.Position))
		}
	})
}
