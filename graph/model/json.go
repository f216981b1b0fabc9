package model

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/authtrail/authtrail/audit"
)

// JSON is the JSON scalar: text that is passed on as it is, so that no number
// loses a digit.
type JSON json.RawMessage

// MarshalGQL implements graphql.Marshaler.
func (j JSON) MarshalGQL(w io.Writer) {
	if len(j) == 0 {
		j = JSON("null")
	}
	_, _ = w.Write(j) // the response is written to memory
}

// UnmarshalGQL implements graphql.Unmarshaler. Variables reach it with their
// numbers as text.
func (j *JSON) UnmarshalGQL(value any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return audit.Invalid("", "is no JSON value")
	}
	*j = JSON(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
	return nil
}
