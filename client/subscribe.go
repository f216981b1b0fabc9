package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Subscribe runs a subscription over server-sent events and calls each with the
// data of every result, in order, until the server completes it (nil), ctx ends
// (its error), the connection breaks, or each returns an error.
func (c *Client) Subscribe(ctx context.Context, query string, variables map[string]any, each func(json.RawMessage) error) error {
	request, err := graphQLRequest(query, variables)
	if err != nil {
		return err
	}
	answer, err := c.post(ctx, "/graphql", "text/event-stream", request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
		body, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
		if err := decodeGraphQL(answer.StatusCode, body, &json.RawMessage{}); err != nil {
			return err
		}
		return &Error{Status: answer.StatusCode, Message: "the server does not stream this subscription"}
	}
	return readEvents(answer.Body, func(event, data string) (done bool, err error) {
		switch event {
		case "complete":
			return true, nil
		case "next":
			var result json.RawMessage
			if err := decodeGraphQL(answer.StatusCode, []byte(data), &result); err != nil {
				return true, err
			}
			return false, each(result)
		}
		return false, nil
	})
}

// readEvents calls handle with each event of a stream until it is done. A
// stream that ends without that was cut off: io.ErrUnexpectedEOF.
func readEvents(stream io.Reader, handle func(event, data string) (done bool, err error)) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(make([]byte, 64<<10), maxAnswer)
	var event string
	var data []string
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			if event == "" {
				continue
			}
			done, err := handle(event, strings.Join(data, "\n"))
			if done || err != nil {
				return err
			}
			event, data = "", nil
		case name == "event":
			event = value
		case name == "data":
			data = append(data, value)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the stream: %w", err)
	}
	return io.ErrUnexpectedEOF
}
