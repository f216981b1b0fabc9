package audit

import "github.com/authtrail/authtrail/audit/query"

// fieldNumber is the place of a field in query.Fields, which has less than 64: quicker
// to compare than its name.
type fieldNumber uint8

// numberedFields finds the number of a field: each field stands at the place that its
// name gives, or at the next one that was free. Every field is asked for of every
// record that is indexed, where a map takes three times as long.
var numberedFields = func() (table [256]struct {
	field  query.Field
	number fieldNumber
}) {
	for i, field := range query.Fields {
		at := placeOf(field)
		for table[at].field != "" {
			at++
		}
		table[at].field, table[at].number = field, fieldNumber(i)
	}
	return table
}()

// placeOf tells names apart by their length, their first byte and their last two; few are alike in all.
func placeOf(field query.Field) uint8 {
	n := len(field)
	if n < 2 {
		return uint8(n)
	}
	return uint8(n)*31 + field[0]*7 + field[n-1]*3 + field[n-2]
}

// numberOf returns the number of a field, if events have it.
func numberOf(field query.Field) (fieldNumber, bool) {
	for at := placeOf(field); numberedFields[at].field != ""; at++ {
		if numberedFields[at].field == field {
			return numberedFields[at].number, true
		}
	}
	return 0, false
}

// numberIn is numberOf for a field that events have.
func numberIn(field query.Field) fieldNumber {
	number, ok := numberOf(field)
	if !ok {
		panic("audit: no event has the field " + string(field))
	}
	return number
}
