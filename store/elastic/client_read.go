package elastic

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// errUnread says that there is no answer, or not all of one.
var errUnread = errors.New("no answer was read")

// read reads an answer, and returns what it means where it is no success.
func (c *client) read(response *esapi.Response, err error) (*bytes.Buffer, error) {
	body := bodies.Get().(*bytes.Buffer)
	if response != nil && response.Body != nil {
		if err == nil {
			size, _ := strconv.ParseInt(response.Header.Get("Content-Length"), 10, 64)
			body.Grow(int(min(max(size, 0), keptBody)) + bytes.MinRead)
			_, err = body.ReadFrom(io.LimitReader(response.Body, c.maxAnswer+1))
		}
		response.Body.Close()
	}
	switch {
	case err != nil:
		return body, fmt.Errorf("%w: %w", errUnread, err)
	case response.StatusCode > 299:
		return body, c.refused(response, body.Bytes())
	}
	c.breaker.succeeded()
	if int64(body.Len()) > c.maxAnswer {
		return body, unavailable("Elasticsearch's answer is too large", errTooLarge)
	}
	return body, nil
}

// bodies keeps the room that one answer took for the next.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const keptBody = 1 << 20 // bytes; larger ones are rare

// release gives the room of an answer back. Nothing of it may be used any more.
func release(body *bytes.Buffer) {
	if body.Cap() <= keptBody {
		body.Reset()
		bodies.Put(body)
	}
}

// defaultMaxAnswer bounds the memory that an answer takes: records are small, but
// 500 of them may be of a megabyte each. Who asks for records then asks for fewer.
const defaultMaxAnswer = 64 << 20

var errTooLarge = errors.New("there is more of it than may be read at once")

// asSent spares what the engine, which makes the answers, has checked: that no name
// stands in an object twice, and that all is UTF-8.
var asSent = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// decode reads an answer. The names of members are those that the type says, in
// the same case.
func decode(body []byte, answer any) error {
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(body, answer, asSent); err != nil {
		return unavailable("Elasticsearch's answer cannot be read", err)
	}
	return nil
}

// whole returns an error when an answer is of some shards only, or of the time
// that was allowed. It looks for the members by their text, which is much quicker
// than decoding everything beside them; inside a string their quotes are escaped.
func whole(body []byte) error {
	if bytes.Contains(body, []byte(`"timed_out":true`)) {
		return unavailable("Elasticsearch took too long to answer", errors.New("the answer says timed_out"))
	}
	const failed = `"failed":`
	for rest := body; ; {
		at := bytes.Index(rest, []byte(failed))
		if at < 0 {
			return nil
		}
		rest = rest[at+len(failed):]
		if len(rest) > 0 && rest[0] >= '1' && rest[0] <= '9' {
			return unavailable("Elasticsearch could answer only in part", fmt.Errorf("shards failed: %.2000s", body))
		}
	}
}
