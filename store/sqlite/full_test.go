package sqlite

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
)

func TestAFullDiskIsSaidAndNothingIsHalfStored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &Store{
		dir: dir, layout: layoutOf(audit.Format{}), log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		jobs: make(chan *job), done: make(chan struct{}), stopped: make(chan struct{}),
	}
	w, err := s.open(t.Context()) // without the goroutine that writes: the test is the writer
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, n int) error {
		var batch []*audit.Record
		for i := range n {
			batch = append(batch, event(t, fmt.Sprint(name, i), noon, fmt.Sprintf(`"note":"%d %s","hostname":"%s%d"`, i, strings.Repeat("x", i), name, i)))
		}
		j := s.newJob(batch)
		s.writeGroup(w, j)
		return <-j.written
	}
	if err := write("before", 10); err != nil {
		t.Fatal(err)
	}
	if _, err := w.exec("PRAGMA max_page_count = 40"); err != nil {
		t.Fatal(err)
	}
	var known *audit.Error
	if err := write("full", 1000); !errors.As(err, &known) || known.Code != audit.Unavailable || known.Message != "the disk is full" {
		t.Errorf("got %v", err)
	}
	if found := search(t, s, everything500()); len(found) != 10 {
		t.Errorf("%d records are there after the failure", len(found))
	}
	if _, err := w.exec("PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	if err := write("full", 1000); err != nil {
		t.Errorf("with room again: %v", err)
	}
	facets, err := s.Facets(t.Context(), []audit.FacetRequest{{Query: everything500(), Field: "hostname", Size: 500}})
	if err != nil || len(facets[0]) != 500 {
		t.Errorf("%d values: %v", len(facets[0]), err)
	}
	counts, err := s.Count(t.Context(), []audit.Query{everything500()})
	if err != nil || counts[0] != 1010 {
		t.Errorf("counted %v: %v", counts, err)
	}
	w.close()
	if err := s.release(); err != nil {
		t.Error(err)
	}
	checkIntegrity(t, dir)
}
