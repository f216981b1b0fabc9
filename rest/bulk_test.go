package rest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
)

const bulkPath = "/v1/bulk_audit_events"

func TestStoredEventsNeedNoWords(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.do(http.MethodPost, bulkPath, strings.NewReader(bulkOf(at(1, "a", ``), at(2, "b", ``))))
	if want := `{"success_events":[],"discard_events":[],"retry_events":[]}` + "\n"; got.status != 201 || string(got.body) != want {
		t.Errorf("got %d %s, want 201 %s", got.status, got.body, want)
	}
	if got := s.post(`{"events":[]}`); len(got.Success)+len(got.Discard)+len(got.Retry) != 0 {
		t.Errorf("without events: %+v", got)
	}
}

// Events of one byte fit into a body by the million, and their answer into no memory.
func TestABulkHasABoundedNumberOfEvents(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for count, want := range map[int]int{maxEvents: http.StatusCreated, maxEvents + 1: http.StatusRequestEntityTooLarge} {
		got := s.do(http.MethodPost, bulkPath, strings.NewReader(`{"events":[`+strings.Repeat("0,", count-1)+`0]}`))
		if got.status != want || want != http.StatusCreated && !strings.Contains(string(got.body), "may have 100000 at most; send fewer events") {
			t.Errorf("%d events: %d %.200s", count, got.status, got.body)
		}
	}
}

func TestWhatWasNotStoredIsToldByEvent(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.send(at(1, "a", `"event_name":"Token","result":"Success"`))
	got := s.post(bulkOf(at(9, "a", `"event_name":"Token","result":"Denied"`), at(2, "b", ``), `{"unique_id":"no/id"}`,
		`{"unique_id":"c","create_time":"then","event":{}}`))
	if len(got.Success) != 1 || got.Success[0].ID != "b" || got.Success[0].Status != "success" {
		t.Errorf("success: %+v", got.Success)
	}
	want := []outcome{{ID: "a", Status: "duplicate"}, {ID: "invalid-2", Status: "invalid"}, {ID: "c", Status: "invalid"}}
	for i, mention := range []string{"already held", "unique_id", "create_time"} {
		if g := got.Discard[i]; g.ID != want[i].ID || g.Status != want[i].Status || !strings.Contains(g.Message, mention) || g.Event != nil {
			t.Errorf("discard %d: got %+v, want %+v mentioning %q", i, g, want[i], mention)
		}
	}
	if rows := s.get("/v1/auth_audits").values("result"); !slices.Equal(rows, []string{"Success"}) {
		t.Errorf("the duplicate changed what was held: %v", rows)
	}
}

func TestEventsComeBackWhenAskedFor(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	events := []string{at(1, "a", `"x": 1e400 , "y":[null]`), `{"unique_id":"b","create_time":"","event":{"z":1}}`,
		"{\"unique_id\":\"c\",\"create_time\":\"\",\"event\":{\"z\":\"\xff\"}}", `7`}
	got := s.post(`{"always_respond_with_events":true,` + bulkOf(events...)[1:])
	if len(got.Success) != 1 || string(got.Success[0].Event) != `{"x": 1e400 , "y":[null]}` {
		t.Errorf("success: %+v", got.Success)
	}
	for i, want := range []string{`{"z":1}`, ``, ``} {
		if string(got.Discard[i].Event) != want {
			t.Errorf("discarded %d: event %s, want %s", i, got.Discard[i].Event, want)
		}
	}
}

func TestOnlyABodyThatIsNoListOfEventsIs400(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for body, mention := range map[string]string{
		``:                               "empty",
		`{"events":[}`:                   "byte 12",
		`{"events":[]} {}`:               "byte",
		`[]`:                             "events: is missing",
		`{}`:                             "events: is missing",
		`{"Events":[]}`:                  "events: is missing",
		`{"events":null}`:                "events: must be a list",
		`{"events":{}}`:                  "events: must be a list",
		`{"events":[` + at(1, "a", ``):   "not JSON",
		`{"events":[],"events":"twice"}`: "events: must be a list",
	} {
		refused(t, s.do(http.MethodPost, bulkPath, strings.NewReader(body)), 400, audit.BadUserInput, mention)
	}
	for _, body := range []string{
		` { "events" : [ ] , "more" : {"events":7} } `, `{"\u0065vents":[]}`, `{"events":[],"always_respond_with_events":"yes"}`,
	} {
		s.post(body)
	}
}

func TestAnEventNestedTooDeepFailsAlone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, depth := range []int{audit.MaxDepth + 1, 20_000} {
		id := fmt.Sprintf("beside-%d", depth)
		deep := at(1, "deep", `"x":`+strings.Repeat("[", depth)+strings.Repeat("]", depth))
		got := s.post(bulkOf(deep, at(2, id, ``)))
		if len(got.Discard) != 1 || got.Discard[0].Status != "invalid" || len(got.Success) != 1 || got.Success[0].ID != id {
			t.Errorf("%d levels: %.300v", depth, got)
		}
	}
}

func TestSplittingKeepsEveryEventAsItWasSent(t *testing.T) {
	t.Parallel()
	events := []string{`{"a":"]},{\\\""}`, `[1, [2]]`, `"text, with ] and \" in it"`, `-1.5e+3`, `null`, `true`, `{}`, `[]`, `{"x" : { } }`}
	for _, separator := range []string{",", " , ", "\n,\t"} {
		b, err := readBulk([]byte(`{"x":[1],"events":[ ` + strings.Join(events, separator) + "\r\n] }"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, event := range b.events {
			got = append(got, string(event))
		}
		if !slices.Equal(got, events) {
			t.Errorf("got %q, want %q", got, events)
		}
	}
}

func FuzzSplitting(f *testing.F) {
	f.Add([]byte(`{"events":[{"a":"\\\""},1, [ ]],"always_respond_with_events":true}`))
	f.Add([]byte(`{"events":[` + strings.Repeat("[", 10_001)))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := readBulk(body)
		if err != nil || !json.Valid(body) {
			return
		}
		var members map[string]json.RawMessage
		var want []json.RawMessage
		if json.Unmarshal(body, &members) != nil || json.Unmarshal(members["events"], &want) != nil {
			t.Fatalf("accepted %q", body)
		}
		if !slices.EqualFunc(b.events, want, func(x, y json.RawMessage) bool { return bytes.Equal(x, y) }) {
			t.Fatalf("got %q, want %q", b.events, want)
		}
	})
}

func TestCompressedBodies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	packed := func(body string) io.Reader {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = io.WriteString(w, body)
		_ = w.Close()
		return &b
	}
	if got := s.do(http.MethodPost, bulkPath, packed(bulkOf(at(1, "a", `"event_name":"Token"`))), "Content-Encoding", "gzip"); got.status != 201 {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if rows := s.get("/v1/auth_audits").rows; len(rows) != 1 {
		t.Errorf("%d rows stored, want 1", len(rows))
	}
	bomb := packed(strings.Repeat(" ", 100<<20))
	refused(t, s.do(http.MethodPost, bulkPath, bomb, "Content-Encoding", "gzip"), 413, tooLargeCode, "16 MiB")
	refused(t, s.do(http.MethodPost, bulkPath, strings.NewReader("plain"), "Content-Encoding", "gzip"), 400, audit.BadUserInput, "gzip")
	cut := io.LimitReader(packed(bulkOf(at(1, "b", ``))), 40)
	refused(t, s.do(http.MethodPost, bulkPath, cut, "Content-Encoding", "gzip"), 400, audit.BadUserInput, "end")
	refused(t, s.do(http.MethodPost, bulkPath, strings.NewReader("x"), "Content-Encoding", "br"), 415, unsupportedCode, "gzip")
}

func TestABodyOverTheLimitIsDrainedAndAnswered(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, body := range map[string]io.Reader{
		"announced": strings.NewReader(strings.Repeat(" ", 40<<20)),
		"chunked":   io.LimitReader(spaces{}, 40<<20),
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, s.do(http.MethodPost, bulkPath, body), 413, tooLargeCode, "16 MiB")
		})
	}
	exact := bulkOf(at(1, "a", ``))
	s.post(exact + strings.Repeat(" ", maxBulkBody-len(exact)))
}

// spaces is an endless body.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// ingester answers what it is told to.
type ingester struct {
	statuses []audit.EventStatus
	err      error
}

func (i ingester) Ingest(context.Context, audit.Principal, []json.RawMessage) ([]audit.EventStatus, error) {
	return i.statuses, i.err
}

func TestErrorsOfTheIngesterHaveTheirStatus(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err    error
		status int
		code   audit.Code
		after  string
	}{
		{&audit.Error{Code: audit.RateLimited, Message: "busy", RetryAfter: 1200 * time.Millisecond}, 429, audit.RateLimited, "2"},
		{&audit.Error{Code: audit.Unavailable, Message: "busy"}, 503, audit.Unavailable, "1"},
		{&audit.Error{Code: audit.Forbidden, Message: "busy"}, 403, audit.Forbidden, ""},
	} {
		s := serve(t, Options{Ingester: ingester{err: test.err}})
		got := s.do(http.MethodPost, bulkPath, strings.NewReader(`{"events":[]}`))
		refused(t, got, test.status, test.code, "busy")
		if after := got.header.Get("Retry-After"); after != test.after {
			t.Errorf("%s: Retry-After %q, want %q", test.code, after, test.after)
		}
	}
}

func TestWhatIsToBeSentAgainSaysWhen(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{Ingester: ingester{statuses: []audit.EventStatus{
		{UniqueID: "a", Status: audit.StatusSuccess},
		{UniqueID: "b", Status: audit.StatusUnprocessed, Message: "not stored", RetryAfter: 1500 * time.Millisecond},
		{UniqueID: "c", Status: audit.StatusTooBusy},
	}}})
	got := s.post(`{"events":[1,2,3]}`)
	if len(got.Success) != 1 || len(got.Retry) != 2 || got.Retry[0].Status != "unprocessed" || got.Retry[1].Status != "too_busy" {
		t.Errorf("got %+v", got)
	}
	if after := s.do(http.MethodPost, bulkPath, strings.NewReader(`{"events":[1,2,3]}`)).header.Get("Retry-After"); got.Delay != 1.5 || after != "2" {
		t.Errorf("delay %v and Retry-After %s, want 1.5 and 2", got.Delay, after)
	}
}

func TestBodiesBeyondTheMemoryAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{Ingester: ingester{}, BodyMemory: 1 << 20})
	body := func() io.Reader { return strings.NewReader(`{"events":[]}` + strings.Repeat(" ", 2<<20)) }
	for range 3 {
		refused(t, s.do(http.MethodPost, bulkPath, body()), 429, audit.RateLimited, "later")
	}
	s.post(`{"events":[]}`) // what was taken has been given back
}
