package query

// NumberRange matches when a value of the field is a number n with
// Min <= n < Max; a nil bound is open. Only filters produce it: it has no
// syntax of its own.
type NumberRange struct {
	Field    Field
	Min, Max *int64
}

func (NumberRange) node() {}
