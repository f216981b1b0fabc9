package destination_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

func TestEveryOrgHasAFolderOfItsOwnBelowTheFolder(t *testing.T) {
	t.Parallel()
	if got := (destination.Folder{Path: "/d"}).Of("one"); got != "/d" {
		t.Errorf("where all share it: %s", got)
	}
	long := strings.Repeat("x", 500)
	owners := map[string]string{}
	for _, org := range []string{"", ".", "..", "...", "%", "%2E", "a", "a/b", "a%2Fb", "../a", "/a", `a\b`, "ü", "a\x00b", "a\nb",
		long, long + "1", long + "2", strings.Repeat("/", 60), strings.Repeat("/", 61), strings.Repeat(".", 41), strings.Repeat(".", 300), strings.Repeat(".", 301)} {
		folder := destination.Folder{Path: "/d", PerOrg: true}.Of(org)
		name := filepath.Base(folder)
		if filepath.Dir(folder) != "/d" || len(name) > 200 || strings.ContainsAny(name, "/\\\x00\n") || name == ".." {
			t.Errorf("%.40q has the folder %.80q", org, folder)
		}
		if other, taken := owners[name]; taken {
			t.Errorf("%.40q and %.40q share %.80q", org, other, name)
		}
		owners[name] = org
	}
}

func TestALocationLiesInTheFolderOfItsOrg(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := destination.New(destination.Options{Registry: w.registry, Vault: w.vault(), Folder: destination.Folder{Path: w.folder, PerOrg: true}})
	for location, fine := range map[string]bool{
		"file://./audits.log": true, "file://" + w.folder + "/o/audits.log": true,
		"file://" + w.folder + "/audits.log": false, "file://" + w.folder + "/other/audits.log": false, "file://./../other/audits.log": false,
	} {
		d := webhook(t, "o", fmt.Sprint("at ", len(location)), "")
		d.Spec.Type, d.Spec.Location = destination.File, location
		if _, err := s.Create(t.Context(), d); fine != (err == nil) || err != nil && !isCode(err, audit.BadUserInput) {
			t.Errorf("%s: %v", location, err)
		}
	}
}
