package trail

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/internal/jsontext"
)

// Caller is what a request tells of who sent it, beside the principal.
type Caller struct {
	RequestID string // that of the answer, in X-Request-Id
	SourceIP  string
	UserAgent string
	WebSocket bool
}

type callerKey struct{}

// WithCaller returns a context that carries where a request comes from.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom returns where the request of a context comes from.
func CallerFrom(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// Outcomes of a reading that are no code of an error.
const (
	OK      = "ok"
	Started = "started" // a subscription, which goes on
)

// Read is what was read. It must not hold secrets.
type Read struct {
	Protocol    string // graphql, websocket, sse or rest
	Operation   string // query, mutation or subscription, or a method and the template of a path
	Name        string // of a GraphQL operation that has one
	Fields      []Field
	Parameters  any    // of REST, as JSON
	Document    string // of GraphQL
	Outcome     string // OK, Started, or the code of the first error
	AnswerBytes int
	Orgs        []string // whose records; nil for all that the principal may see
}

// Field is a root field of a GraphQL operation.
type Field struct {
	Name      string
	Arguments any // as JSON; nil for none
}

// How much of what a caller sent is kept of one reading, in bytes of JSON. It bounds
// what waits to be written, and what readers can make the store grow by.
const (
	keptText      = 512
	keptDocument  = 4 << 10
	keptArguments = 16 << 10
	keptDepth     = 100 // of nested objects and lists; an event may have some hundreds
)

// body is the event's members after org_id, as docs/audited-reads.md has them.
type body struct {
	Subsystem   string          `json:"subsystem"`
	Time        time.Time       `json:"time"`
	UserID      string          `json:"user_id,omitempty"`
	RequestID   string          `json:"request_id,omitempty"`
	SourceIP    string          `json:"source_ip,omitempty"`
	UserAgent   string          `json:"user_agent,omitempty"`
	Protocol    string          `json:"protocol"`
	Operation   string          `json:"operation"`
	Name        string          `json:"operation_name,omitempty"`
	Fields      []field         `json:"fields,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
	Document    string          `json:"document,omitempty"`
	Outcome     string          `json:"outcome"`
	AnswerBytes int             `json:"answer_bytes,omitempty"`
	DurationMS  float64         `json:"duration_ms"`
	Cut         bool            `json:"cut,omitempty"` // something was too long to be kept whole
}

type field struct {
	Name      string          `json:"field"`
	Arguments json.RawMessage `json:"arguments,omitempty"`
}

// encode returns the event's members, but org_id.
func encode(began time.Time, took time.Duration, subject string, from Caller, read Read) []byte {
	k := keeper{arguments: keptArguments}
	b := body{
		Subsystem: audit.ReadSubsystem, Time: began, UserID: k.text(subject, keptText), RequestID: from.RequestID,
		SourceIP: from.SourceIP, UserAgent: k.text(from.UserAgent, keptText), Protocol: read.Protocol,
		Operation: k.text(read.Operation, keptText), Name: k.text(read.Name, keptText), Document: k.text(read.Document, keptDocument),
		Outcome: read.Outcome, AnswerBytes: read.AnswerBytes, DurationMS: float64(took.Microseconds()) / 1000,
	}
	for _, of := range read.Fields {
		b.Fields = append(b.Fields, field{k.text(of.Name, keptText), k.json(of.Arguments)})
	}
	b.Parameters, b.Cut = k.json(read.Parameters), k.cut
	return marshal(b)
}

// keeper cuts what is too long, and notes that it did.
type keeper struct {
	arguments int // how many bytes of them may still be kept
	cut       bool
}

func (k *keeper) text(text string, most int) string {
	size := 0
	for i, r := range text {
		if size += sizeInJSON(r); size > most {
			k.cut = true
			return text[:i]
		}
	}
	return text
}

// sizeInJSON is how many bytes of JSON a character of a text takes.
func sizeInJSON(r rune) int {
	switch {
	case strings.ContainsRune("\"\\\b\f\n\r\t", r):
		return len(`\n`)
	case r < ' ', r == '\u2028', r == '\u2029', r == utf8.RuneError:
		return len(`\u0000`)
	}
	return utf8.RuneLen(r)
}

// json returns a value as JSON. Of one that is too long it is the beginning of that, as
// a text; one that is nested too deep for an event is a text, too.
func (k *keeper) json(value any) json.RawMessage {
	if value == nil {
		return nil
	}
	text := marshal(value)
	if len(text) > k.arguments || jsontext.Depth(string(text)) > keptDepth {
		text = marshal(k.text(string(text), k.arguments-len(`""`)))
	}
	k.arguments = max(0, k.arguments-len(text))
	return text
}

// marshal returns a value as JSON, without escaping for HTML. What callers sent was JSON.
func marshal(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return []byte("null")
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

// event returns the record of a reading in one org. Its id cannot be guessed: nobody
// can send an event first that would stand in its place.
func event(began time.Time, org string, members []byte) (*audit.Record, error) {
	var raw bytes.Buffer
	raw.WriteString(`{"unique_id":"read-` + rand.Text() + `","create_time":"` + began.Format(time.RFC3339Nano) + `","event":{`)
	if org != "" {
		raw.WriteString(`"org_id":`)
		raw.Write(marshal(org))
		raw.WriteByte(',')
	}
	raw.Write(members[1:])
	raw.WriteByte('}')
	return audit.DecodeEvent(raw.Bytes(), org)
}
