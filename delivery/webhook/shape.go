package webhook

import (
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
)

// shape is how a batch becomes the body of a request.
type shape struct {
	contentType      string
	before, between  string
	after            string
	documentedAnswer bool // the receiver answers the document by what became of each event
}

var (
	bulkDocument = shape{"application/json", `{"events":[`, ",", `],"always_respond_with_events":false}`, true}
	array        = shape{"application/json", "[", ",", "]", false}
	lines        = shape{"text/plain; charset=utf-8", "", "\n", "\n", false}
)

func shapeOf(format string) shape {
	switch format {
	case destination.FormatAgilicus:
		return bulkDocument
	case destination.FormatCEF:
		return lines
	}
	return array
}

// body writes a batch. It is new each time: net/http may still read it after an answer.
func (s shape) body(batch []delivery.Message) []byte {
	bytes := len(s.before) + len(s.after)
	for i := range batch {
		bytes += len(batch[i].Body) + len(s.between)
	}
	b := append(make([]byte, 0, bytes), s.before...)
	for i := range batch {
		if i > 0 {
			b = append(b, s.between...)
		}
		b = append(b, batch[i].Body...)
	}
	return append(b, s.after...)
}
