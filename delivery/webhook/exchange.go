package webhook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/dial"
)

// minAnswer is how much of an answer is read beside twice the size of the request,
// whose events it may hold.
const minAnswer = 1 << 20

// refusedContent is that the receiver will not take what is in a request.
type refusedContent struct {
	delivery.Failure
	tooLarge bool
}

// reply is an answer that was read.
type reply struct {
	status      int
	header      http.Header
	body        []byte
	credentials *concealed // of the request
}

// exchange sends messages in one request and reads the answer. The error is
// [*refusedContent] where other content would be taken.
func (s *sender) exchange(ctx context.Context, batch []delivery.Message) (delivery.Result, error) {
	body, id := s.shape.body(batch), batchID(s.destination, batch)
	answer, said, err := s.post(ctx, id, body)
	if err == nil && answer.status == http.StatusUnauthorized && s.credentials.renew() {
		answer, said, err = s.post(ctx, id, body)
	}
	switch {
	case err != nil:
		return delivery.Result{}, err
	case answer.status/100 == 2:
		return s.taken(batch, answer, said)
	}
	return delivery.Result{}, s.refusal(answer, said)
}

// post makes one request. It returns the beginning of the answer for people, too.
func (s *sender) post(ctx context.Context, id string, body []byte) (answer reply, said string, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	request, err := s.request(ctx, id, body)
	if err != nil {
		return reply{}, "", err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return reply{}, "", dial.Explain(err)
	}
	defer response.Body.Close()
	most := minAnswer + 2*len(body)
	if authorization := request.Header.Get("Authorization"); s.sent == nil || s.sent.authorization != authorization {
		s.sent = conceal(authorization)
	}
	answer = reply{status: response.StatusCode, header: response.Header, credentials: s.sent}
	answer.body, err = io.ReadAll(io.LimitReader(response.Body, int64(most)+1))
	switch {
	case answer.status/100 != 2: // the status says all
	case err != nil:
		return reply{}, "", dial.Explain(err)
	case len(answer.body) > most:
		return reply{}, "", &delivery.Failure{Status: answer.status, Reason: fmt.Sprintf("the answer of the receiver has more than %d bytes", most)}
	}
	return answer, answer.credentials.excerpt(answer.body), nil
}

func (s *sender) request(ctx context.Context, id string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.location, bytes.NewReader(body))
	if err != nil {
		return nil, &delivery.Failure{Reason: "the location is not an address", Err: err}
	}
	request.Header.Set("Content-Type", s.shape.contentType)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "authtrail/"+s.options.Version)
	// It is not sent. It tells net/http that the request may be repeated when the
	// receiver has closed a connection that was kept: events have ids that stay.
	request.Header["Idempotency-Key"] = nil
	if err := s.sign(request.Header, id, body); err != nil {
		return nil, err
	}
	return request, s.credentials.apply(ctx, request)
}

// refusal is what a status other than 2xx says.
func (s *sender) refusal(answer reply, said string) error {
	failure := delivery.Failure{Status: answer.status, Reason: inWords(answer.status, said)}
	if answer.status == http.StatusBadRequest && aboutConnection(answer.body) {
		return &failure
	}
	switch answer.status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return &refusedContent{failure, answer.status == http.StatusRequestEntityTooLarge}
	case http.StatusGone:
		failure.Gone = true
	default:
		failure.After = retryAfter(answer.header, s.options.Now())
	}
	return &failure
}

// aboutConnection reports whether a proxy complains about the connection, for which
// nginx has no status but 400: an expired certificate is no reason to discard events.
func aboutConnection(body []byte) bool {
	return bytes.Contains(body, []byte("SSL certificate")) || bytes.Contains(body, []byte("plain HTTP request was sent to HTTPS port"))
}

// inWords is what the receiver answered.
func inWords(status int, said string) string {
	words := strings.TrimSpace(fmt.Sprintf("the receiver answered %d %s", status, http.StatusText(status)))
	if status/100 == 3 {
		words += ", and redirections are not followed"
	}
	if said != "" {
		words += ": " + said
	}
	return words
}
