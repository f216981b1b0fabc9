package sqlite

import (
	"slices"
	"strings"
	"testing"
)

func TestIDsAreLookedForByTheWordsThatTellThemApart(t *testing.T) {
	t.Parallel()
	for id, want := range map[string][]string{
		"event-16":                             {"event", "16"},
		"req-b483cc14d3c9d8781b40":             {"b483cc14d3c9d8781b40"},
		"req-of-the-intruder-12":               {"intruder", "12"},
		"9f1b2c3d-0a1b-4c2d-8e3f-a1b2c3d4e5f6": {"9f1b2c3d", "0a1b", "4c2d", "8e3f", "a1b2c3d4e5f6"},
		"a-b":                                  {"a", "b"},
		"--":                                   nil,
		strings.Repeat("x", 1025):              nil,
	} {
		if got := idWords(id); !slices.Equal(got, want) || hasIDWords(id) != (want != nil) {
			t.Errorf("%.40s: %q, want %q", id, got, want)
		}
	}
}
