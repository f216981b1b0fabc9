package graph_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/authtrail/authtrail/audit"
)

// counting counts the calls that read the store.
type counting struct {
	audit.Store
	mu    sync.Mutex
	calls []string
	fail  error // what every search fails with, if set
}

func (c *counting) count(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, fmt.Sprintf(format, args...))
}

// taken returns the calls since it was last called.
func (c *counting) taken() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = nil
	return calls
}

func (c *counting) Search(ctx context.Context, q audit.Query) (audit.Page, error) {
	c.count("search")
	if c.fail != nil {
		return audit.Page{}, c.fail
	}
	return c.Store.Search(ctx, q)
}

func (c *counting) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	c.count("look up %s of %v", l.Field, l.Kinds)
	return c.Store.Lookup(ctx, l)
}

func (c *counting) Count(ctx context.Context, queries []audit.Query) ([]int, error) {
	c.count("count")
	return c.Store.Count(ctx, queries)
}

func (c *counting) Facets(ctx context.Context, requests []audit.FacetRequest) ([][]audit.ValueCount, error) {
	c.count("facets")
	return c.Store.Facets(ctx, requests)
}

func (c *counting) Histograms(ctx context.Context, requests []audit.HistogramRequest) ([][]audit.Bucket, error) {
	c.count("histograms")
	return c.Store.Histograms(ctx, requests)
}

func (c *counting) End(ctx context.Context) (audit.Position, error) {
	c.count("end")
	return c.Store.End(ctx)
}

// lockedBuffer is a log that tests read.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

var _ io.Writer = (*lockedBuffer)(nil)

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
