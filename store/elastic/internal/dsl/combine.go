package dsl

// AllOf is the condition that all of the operands hold, as filters. It leaves
// out what changes nothing.
func AllOf(operands ...Query) Query {
	var all Bool
	var only Query
	for _, operand := range operands {
		switch o := operand.(type) {
		case All:
			continue
		case None:
			return None{}
		case Bool:
			if o.Must == nil && o.Should == nil { // filters of its own
				all.Filter = append(all.Filter, o.Filter...)
				all.MustNot = append(all.MustNot, o.MustNot...)
				break
			}
			all.Filter = append(all.Filter, o)
		default:
			all.Filter = append(all.Filter, o)
		}
		only = operand
	}
	switch {
	case only == nil:
		return All{}
	case len(all.Filter) == 1 && len(all.MustNot) == 0:
		return all.Filter[0]
	}
	return all
}

// AnyOf is the condition that one of the operands holds.
func AnyOf(operands ...Query) Query {
	var anyOf Bool
	for _, operand := range operands {
		switch o := operand.(type) {
		case All:
			return All{}
		case None:
			continue
		case Bool:
			if o.Must == nil && o.Filter == nil && o.MustNot == nil {
				anyOf.Should = append(anyOf.Should, o.Should...)
				continue
			}
		}
		anyOf.Should = append(anyOf.Should, operand)
	}
	switch len(anyOf.Should) {
	case 0:
		return None{}
	case 1:
		return anyOf.Should[0]
	}
	return anyOf
}

// Not is the condition that the operand does not hold.
func Not(operand Query) Query {
	switch o := operand.(type) {
	case All:
		return None{}
	case None:
		return All{}
	case Bool:
		if len(o.MustNot) == 1 && o.Must == nil && o.Filter == nil && o.Should == nil {
			return o.MustNot[0]
		}
	}
	return Bool{MustNot: []Query{operand}}
}
