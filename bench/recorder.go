package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
)

// recorder is a proxy in front of Elasticsearch that keeps the requests that
// pass through it, so that the same can be asked again without Authtrail.
type recorder struct {
	*httptest.Server
	wanted func(path string) bool

	mu       sync.Mutex
	requests []request
}

// request is one request to Elasticsearch.
type request struct {
	method, path, contentType, encoding string
	body                                []byte
}

func newRecorder(target string, wanted func(path string) bool) (*recorder, error) {
	to, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("read the URL of Elasticsearch: %w", err)
	}
	r := &recorder{wanted: wanted}
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(to) }}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, sent *http.Request) {
		if !wanted(sent.URL.Path) {
			proxy.ServeHTTP(w, sent)
			return
		}
		body, err := io.ReadAll(sent.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		r.keep(request{sent.Method, sent.URL.RequestURI(), sent.Header.Get("Content-Type"), sent.Header.Get("Content-Encoding"), body})
		sent.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, sent)
	}))
	return r, nil
}

func (r *recorder) keep(sent request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, sent)
}

// take returns what was recorded since it was called last.
func (r *recorder) take() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.requests
	r.requests = nil
	return taken
}

// send asks Elasticsearch directly, and reads the whole answer.
func (q request) send(ctx context.Context, client *http.Client, target string) ([]byte, error) {
	sent, err := http.NewRequestWithContext(ctx, q.method, target+q.path, bytes.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	if q.contentType != "" {
		sent.Header.Set("Content-Type", q.contentType)
	}
	if q.encoding != "" {
		sent.Header.Set("Content-Encoding", q.encoding)
	}
	answer, err := client.Do(sent)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s: %.300s", q.method, q.path, answer.Status, body)
	}
	return body, err
}
