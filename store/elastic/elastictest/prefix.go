package elastictest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// Prefix returns a random prefix for the names of a test's indices and
// templates on the shared server. What is named so is deleted when the test ends.
func Prefix(t testing.TB) string {
	t.Helper()
	url := URL(t)
	random := make([]byte, 6)
	_, _ = rand.Read(random) // never fails
	prefix := "test-" + hex.EncodeToString(random)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := deleteAll(ctx, url, prefix); err != nil {
			t.Errorf("clean up after the test: %v", err)
		}
	})
	return prefix
}

// deleteAll deletes the indices and templates whose names begin with prefix,
// templates first, lest an index be made from one.
func deleteAll(ctx context.Context, url, prefix string) error {
	kinds := []struct{ list, remove string }{
		{"/_index_template/" + prefix + "*?filter_path=index_templates.name", "/_index_template/"},
		{"/_component_template/" + prefix + "*?filter_path=component_templates.name", "/_component_template/"},
		{"/" + prefix + "*/_settings?expand_wildcards=all&filter_path=*.settings.index.uuid", "/"},
	}
	for _, kind := range kinds {
		answer, err := ask(ctx, http.MethodGet, url+kind.list)
		if err != nil {
			return err
		}
		names, err := namesIn(answer)
		if err != nil {
			return fmt.Errorf("read the names that begin with %s: %w", prefix, err)
		}
		// In batches, since the names travel in the address.
		for batch := range slices.Chunk(names, 50) {
			if _, err := ask(ctx, http.MethodDelete, url+kind.remove+strings.Join(batch, ",")); err != nil {
				return err
			}
		}
	}
	return nil
}

// namesIn returns the names in a list of templates, or else the answer's keys,
// which are the names of indices.
func namesIn(answer []byte) ([]string, error) {
	type named struct {
		Name string `json:"name"`
	}
	if len(answer) == 0 {
		return nil, nil
	}
	var byKey map[string]json.RawMessage
	if err := json.Unmarshal(answer, &byKey); err != nil {
		return nil, err
	}
	var names []string
	for key, value := range byKey {
		if key != "index_templates" && key != "component_templates" {
			names = append(names, key)
			continue
		}
		var list []named
		if err := json.Unmarshal(value, &list); err != nil {
			return nil, err
		}
		for _, template := range list {
			names = append(names, template.Name)
		}
	}
	return names, nil
}

// ask sends a request and returns the body of its answer; that there is nothing
// of the name is an empty answer.
func ask(ctx context.Context, method, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, url, err)
	}
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return nil, nil
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, body)
	}
	return body, nil
}
