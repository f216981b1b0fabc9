package destination_test

import (
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// Each destination takes some of what all orgs share.
func TestAnOrgHasSoManyDestinationsAtMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := destination.New(destination.Options{Registry: w.registry, Vault: w.vault(), Folder: destination.Folder{Path: w.folder}, Most: 2})
	for _, name := range []string{"a", "b"} {
		if _, err := s.Create(t.Context(), webhook(t, "o", name, "")); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Create(t.Context(), webhook(t, "o", "c", ""))
	if !isCode(err, audit.BadUserInput) || !strings.Contains(err.Error(), "has 2 destinations") {
		t.Errorf("one too many: %v", err)
	}
	taken, err := s.Create(t.Context(), webhook(t, "o", "b", ""))
	if !isCode(err, audit.Conflict) || taken.Spec.Name != "b" {
		t.Errorf("one that is there: %v, %v", taken, err)
	}
	if _, err := s.Create(t.Context(), webhook(t, "other", "c", "")); err != nil {
		t.Errorf("another org: %v", err)
	}
	if err := s.Delete(t.Context(), audit.Orgs("o"), taken.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), webhook(t, "o", "c", "")); err != nil {
		t.Errorf("after one was deleted: %v", err)
	}
}
