package correlate_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/correlate"
	"github.com/authtrail/authtrail/store/sqlite"
)

// counting counts the round trips to a store.
type counting struct {
	audit.Looker
	trips int
}

func (c *counting) Lookup(ctx context.Context, l audit.Lookup) ([]audit.Page, error) {
	c.trips++
	return c.Looker.Lookup(ctx, l)
}

// storeOf returns a store that holds the records.
func storeOf(t testing.TB, records []*audit.Record) *counting {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	outcomes, err := s.Append(t.Context(), records)
	if err != nil {
		t.Fatal(err)
	}
	for i, outcome := range outcomes {
		if outcome.Status == audit.Rejected {
			t.Fatalf("record %s: %s", records[i].UniqueID, outcome.Reason)
		}
	}
	return &counting{Looker: s}
}

// recordsOf decodes one record per line "name | member=value | …". A record is an auth
// audit of org-1, a second after the one before, unless its members say otherwise.
func recordsOf(t testing.TB, text string) []*audit.Record {
	t.Helper()
	var records []*audit.Record
	for line := range strings.Lines(strings.TrimSpace(text)) {
		name, members, _ := strings.Cut(line, "|")
		name = strings.TrimSpace(name)
		event := map[string]string{"subsystem": "auth", "org_id": "org-1"}
		for member := range strings.SplitSeq(members, "|") {
			key, value, _ := strings.Cut(strings.TrimSpace(member), "=")
			event[key] = value
		}
		at := time.Date(2026, 11, 1, 9, 0, len(records), 0, time.UTC).Format(time.RFC3339)
		raw, err := json.Marshal(map[string]any{"unique_id": name, "create_time": at, "event": event})
		if err != nil {
			t.Fatal(err)
		}
		r, err := audit.DecodeEvent(raw, "")
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

// sampleEvents returns the lines of the sample, and the records that they are.
func sampleEvents(t testing.TB) (lines [][]byte, records []*audit.Record) {
	t.Helper()
	for _, line := range linesOf(t, "sample-events.ndjson") {
		r, err := audit.DecodeEvent(line, "")
		if err != nil {
			t.Fatal(err)
		}
		lines, records = append(lines, line), append(records, r)
	}
	return lines, records
}

func linesOf(t testing.TB, name string) (all [][]byte) {
	t.Helper()
	file, err := os.Open(filepath.Join("../../testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, audit.MaxEventBytes)
	for lines.Scan() {
		all = append(all, slices.Clone(lines.Bytes()))
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// correlated asks, and checks what holds of every answer.
func correlated(t testing.TB, s audit.Looker, key correlate.Key, o correlate.Options) *correlate.Correlation {
	t.Helper()
	key.AnyOrg = key.Org == ""
	c, err := correlate.Correlate(t.Context(), s, audit.AllOrgs(), key, o)
	if err != nil {
		t.Fatalf("correlate %+v: %v", key, err)
	}
	seen := map[string]bool{}
	hop := 0
	for _, n := range c.Nodes {
		if seen[n.Key()] {
			t.Errorf("%s is there twice", n.Key())
		}
		if seen[n.Key()] = true; n.Hop < hop {
			t.Errorf("%s of hop %d comes after hop %d", n.Key(), n.Hop, hop)
		}
		hop = n.Hop
	}
	for _, l := range c.Links {
		if !seen[l.Record.Key()] || !seen[l.ID.Key()] || l.Record.OrgID != l.ID.OrgID {
			t.Errorf("a link leads from %s to %s", l.Record.Key(), l.ID.Key())
		}
	}
	if c.Truncated != (c.Reason != "") {
		t.Errorf("truncated %t, %q", c.Truncated, c.Reason)
	}
	return c
}

// told writes a correlation with short names: the records and ids of each hop,
// those ids in brackets that were not followed.
func told(c *correlate.Correlation) string {
	var b strings.Builder
	hop := -1
	for _, n := range c.Nodes {
		if n.Hop != hop {
			hop = n.Hop
			fmt.Fprintf(&b, "\n%d:", hop)
		}
		switch {
		case n.Record != nil:
			fmt.Fprintf(&b, " %s", n.Value)
		case n.Followed:
			fmt.Fprintf(&b, " %s:%s", strings.ToLower(string(n.Kind)), n.Value)
		default:
			fmt.Fprintf(&b, " (%s:%s)", strings.ToLower(string(n.Kind)), n.Value)
		}
	}
	for _, conflict := range c.Conflicts {
		fmt.Fprintf(&b, "\n%s %s: %s", conflict.Key, conflict.Value, conflict.Reason)
	}
	if c.Reason != "" {
		fmt.Fprintf(&b, "\n%s", c.Reason)
	}
	return strings.TrimSpace(b.String())
}
