package query

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// pageNow is the moment that docs/search.md takes its examples at.
var pageNow = time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)

func searchPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/search.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// tableRows returns the rows of all the tables that have a header, cell by cell.
func tableRows(t *testing.T, page, header string) [][]string {
	t.Helper()
	var rows [][]string
	inside := false
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		switch {
		case line == header:
			inside = true
		case !strings.HasPrefix(line, "|"):
			inside = false
		case inside && !strings.HasPrefix(line, "|---"):
			cells := strings.Split(strings.Trim(line, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			rows = append(rows, cells)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("there is no table %s", header)
	}
	return rows
}

func code(cell string) string { return strings.Trim(cell, "`") }

func TestSearchesOnTheUsersPageFindWhatItSays(t *testing.T) {
	t.Parallel()
	page := searchPage(t)
	records := map[string]Document{}
	for _, found := range regexp.MustCompile("(?s)\\*\\*([A-Z])\\*\\*.*?```json\n(.*?)```").FindAllStringSubmatch(page, -1) {
		records[found[1]] = documentOf(t, found[2])
	}
	if len(records) != 3 {
		t.Fatalf("the page has %d records", len(records))
	}
	for _, row := range tableRows(t, page, "| Search | Finds | Because |") {
		n, err := Parse(code(row[0]), pageNow)
		if err != nil {
			t.Errorf("%s: %v", row[0], err)
			continue
		}
		for name, record := range records {
			if says := slices.Contains(strings.Fields(row[1]), name); Match(n, record) != says {
				t.Errorf("%s finds %s: %v, and the page says %v", row[0], name, !says, says)
			}
		}
	}
}

func TestSearchesInPassingOnTheUsersPageParse(t *testing.T) {
	t.Parallel()
	page := searchPage(t)
	var searches []string
	for _, found := range regexp.MustCompile("(?s)```search\n(.*?)\n```").FindAllStringSubmatch(page, -1) {
		searches = append(searches, found[1])
	}
	for _, row := range tableRows(t, page, "| Type | To find |") {
		for _, found := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[0], -1) {
			searches = append(searches, found[1])
		}
	}
	for _, search := range searches {
		if _, err := Parse(search, pageNow); err != nil {
			t.Errorf("%s: %v", search, err)
		}
	}
}

func TestMistakesOnTheUsersPageAreAnsweredAsItSays(t *testing.T) {
	t.Parallel()
	for _, row := range tableRows(t, searchPage(t), "| Search | Answer |") {
		if _, err := Parse(code(row[0]), pageNow); err == nil || err.Error() != row[1] {
			t.Errorf("%s: %v, and the page says %s", row[0], err, row[1])
		}
	}
}

func TestTimesOnTheUsersPageAreWhatItSays(t *testing.T) {
	t.Parallel()
	for _, row := range tableRows(t, searchPage(t), "| Written | Is |") {
		if at, err := ParseTime(code(row[0]), pageNow); err != nil || timeText(at) != code(row[1]) {
			t.Errorf("%s is %s (%v), and the page says %s", row[0], timeText(at), err, row[1])
		}
	}
}

func TestFieldsOnTheUsersPageAreAllThereAre(t *testing.T) {
	t.Parallel()
	var listed []Field
	aliases := map[string][]Field{}
	for _, row := range tableRows(t, searchPage(t), "| Field | Short | Auth audit | API audit | Generic event |") {
		name, isText := strings.CutSuffix(row[0], " (words)")
		field := Field(code(name))
		listed = append(listed, field)
		if field.Text() != isText {
			t.Errorf("%s holds words: %v, and the page says %v", field, field.Text(), isText)
		}
		if alias := code(row[1]); alias != "" {
			aliases[alias] = append(aliases[alias], field)
		}
	}
	if !slices.Equal(listed, Fields) {
		t.Errorf("the page lists %v, want %v", listed, Fields)
	}
	for alias, fields := range Aliases {
		if !slices.Equal(aliases[alias], fields) {
			t.Errorf("%s is short for %v, and the page says %v", alias, fields, aliases[alias])
		}
	}
	if len(aliases) != len(Aliases) {
		t.Errorf("the page has the short names %v, want %v", aliases, Aliases)
	}
}
