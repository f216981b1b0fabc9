package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// testsIn returns the names of all tests and fuzz targets of the repository.
func testsIn(t *testing.T, root string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".venv" || entry.Name() == ".git"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		for _, match := range declared.FindAllSubmatch(text, -1) {
			names[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// The page is worth what its last column is: each attack has a test, and each
// test that is named there exists.
func TestEveryAttackHasItsTest(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	known := testsIn(t, ".")
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
	attacks, inTable := 0, false
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if strings.HasPrefix(line, "| attack |") {
			inTable = true
			continue
		}
		if inTable = inTable && strings.HasPrefix(line, "|"); !inTable || strings.HasPrefix(line, "|---") {
			continue
		}
		attacks++
		tests := named.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(cells) != 3 || len(tests) == 0 {
			t.Errorf("no test shows what stops this: %s", line)
		}
		for _, test := range tests {
			if !known[test[1]] {
				t.Errorf("there is no %s", test[1])
			}
		}
	}
	if attacks < 40 {
		t.Errorf("the page lists %d attacks", attacks)
	}
}

func TestEveryDependencyIsPinned(t *testing.T) {
	t.Parallel()
	module, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`(?m)^\s*(replace|exclude)\b.*`).Find(module); found != nil {
		t.Errorf("go.mod: %s", found)
	}
	lists, _ := filepath.Glob("e2e/*/requirements.txt")
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "#") && !regexp.MustCompile(`^[\w.-]+==[\w.]+\n$`).MatchString(line) {
				t.Errorf("%s: %q is no exact version", list, line)
			}
		}
	}
	packages, _ := filepath.Glob("*/*/package.json")
	if len(lists) < 2 || len(packages) < 3 {
		t.Fatalf("found %v and %v", lists, packages)
	}
	for _, file := range packages {
		requireLocked(t, filepath.Join(filepath.Dir(file), "package-lock.json"))
	}
}

// requireLocked requires that whatever is installed has a hash.
func requireLocked(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct {
			Integrity string
			Link      bool
		}
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	for name, locked := range lock.Packages {
		if name != "" && !locked.Link && locked.Integrity == "" {
			t.Errorf("%s: %s has no hash", file, name)
		}
	}
}
