// Package client speaks to a running Authtrail: the GraphQL API, its
// subscriptions over SSE, and bulk ingest. The commands of the terminal use it;
// it knows nothing of the server's insides.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Client asks one server.
type Client struct {
	base  string
	token string
	http  *http.Client

	// UserAgent is how the client names itself; authtrail unless it is set.
	UserAgent string
}

// New returns a client of the server at a base URL such as
// http://127.0.0.1:8080. The token may be empty.
func New(base, token string) (*Client, error) {
	address, err := url.Parse(base)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, fmt.Errorf("%q is no address of a server: want one like http://127.0.0.1:8080", base)
	}
	return &Client{base: strings.TrimRight(base, "/"), token: token, http: &http.Client{}, UserAgent: "authtrail"}, nil
}

// Error is an answer that is not the one that was asked for.
type Error struct {
	Status  int    // of HTTP
	Code    string // extensions.code or error_code, empty if there is none
	Message string
}

// Error returns the message and, if there is one, the code.
func (e *Error) Error() string {
	if e.Code == "" {
		return e.Message
	}
	return fmt.Sprintf("%s (%s)", e.Message, e.Code)
}

// maxAnswer bounds what is read of an answer: 64 MiB, far above the largest page.
const maxAnswer = 64 << 20

// Query runs a GraphQL query and decodes its data. The first error that the
// server names becomes an *Error.
func (c *Client) Query(ctx context.Context, query string, variables map[string]any, data any) error {
	request, err := graphQLRequest(query, variables)
	if err != nil {
		return err
	}
	answer, err := c.post(ctx, "/graphql", "application/json", request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return decodeGraphQL(answer.StatusCode, body, data)
}

type graphQLAnswer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string `json:"message"`
		Extensions struct {
			Code string `json:"code"`
		} `json:"extensions"`
	} `json:"errors"`
}

func decodeGraphQL(status int, body []byte, data any) error {
	var answer graphQLAnswer
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil && len(answer.Errors) == 0 {
		return &Error{Status: status, Message: fmt.Sprintf("the server answered %d and no GraphQL; is it one of Authtrail, and its address without a path?", status)}
	}
	if len(answer.Errors) > 0 {
		first := answer.Errors[0]
		return &Error{Status: status, Code: first.Extensions.Code, Message: first.Message}
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

func graphQLRequest(query string, variables map[string]any) ([]byte, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	return body, nil
}

func (c *Client) post(ctx context.Context, path, accept string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", accept)
	request.Header.Set("User-Agent", c.UserAgent)
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(request)
	var failed *url.Error
	if errors.As(err, &failed) && !errors.Is(err, context.Canceled) {
		return nil, fmt.Errorf("no answer from %s: %w", c.base, failed.Err) // without the address once more
	}
	return answer, err
}
