package file_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/file"
)

func TestEventsAreLinesOfAFileBelowTheFolder(t *testing.T) {
	t.Parallel()
	f := newFolder(t, file.Options{})
	s := f.open("file://./logins/audits.log")
	f.send(s, "a", "b")
	f.send(s, "c")
	f.has("logins/audits.log", "a\nb\nc\n")
	if info, err := os.Stat(filepath.Join(f.path, "logins/audits.log")); err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("the file is %v, %v: others may read it", info, err)
	}
}

func TestATornLineIsCutOffAndNothingElse(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200<<10)
	for name, texts := range map[string][2]string{
		"whole":             {"a\nb\n", "a\nb\n"},
		"torn":              {"a\nb\n{\"uni", "a\nb\n"},
		"torn at its first": {"{\"uni", ""},
		"long":              {"a\n" + long, "a\n"},
		"empty":             {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFolder(t, file.Options{})
			f.write("audits.log", texts[0])
			f.send(f.open("file://./audits.log"), "new")
			f.has("audits.log", texts[1]+"new\n")
		})
	}
}

func TestAFileThatIsMovedOrRemovedIsBegunAnew(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(path string) error{
		"moved":   func(path string) error { return os.Rename(path, path+".1") },
		"removed": os.Remove,
		"its folder removed": func(path string) error {
			return os.RemoveAll(filepath.Dir(path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFolder(t, file.Options{})
			s := f.open("file://./audits.log")
			f.send(s, "a")
			if err := away(filepath.Join(f.path, "audits.log")); err != nil {
				t.Fatal(err)
			}
			if err := trySend(t, s, "b"); err != nil { // a folder that is gone is noticed by failing
				f.send(s, "b")
			}
			f.has("audits.log", "b\n")
		})
	}
}

func TestFilesAreOpenedAnewWhenAsked(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("which files are open is known on Linux only")
	}
	f := newFolder(t, file.Options{})
	s := f.open("file://./audits.log")
	f.send(s, "a")
	if err := os.Rename(filepath.Join(f.path, "audits.log"), filepath.Join(f.path, "moved")); err != nil {
		t.Fatal(err)
	}
	f.files.Reopen()
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && strings.HasPrefix(to, f.path+"/") {
			t.Errorf("%s is open still", to)
		}
	}
	f.send(s, "b")
	f.has("audits.log", "b\n")
	f.has("moved", "a\n")
}

func TestNothingLeavesTheFolder(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	f := newFolder(t, file.Options{})
	for _, location := range []string{"file://./../x.log", "file:///etc/x.log", "file://" + outside + "/x.log", "file://./a/../../x.log", "http://x"} {
		_, err := f.files.Open(destination.Destination{Spec: destination.Spec{Location: location}})
		var failure *delivery.Failure
		if !errors.As(err, &failure) {
			t.Errorf("%s: %v", location, err)
		}
	}
	s, below := f.open("file://./audits.log"), f.open("file://./below/audits.log")
	f.send(s, "a")
	f.send(below, "a")
	for link, to := range map[string]string{"audits.log": filepath.Join(outside, "caught.log"), "below": outside} {
		path := filepath.Join(f.path, link)
		if err := errors.Join(os.RemoveAll(path), os.Symlink(to, path)); err != nil {
			t.Fatal(err)
		}
	}
	for _, sender := range []delivery.Sender{s, below} {
		if err := trySend(t, sender, "secret"); err == nil {
			t.Error("it was written through a link")
		} else if strings.Contains(err.Error(), outside) {
			t.Errorf("the error tells where the link leads: %v", err)
		}
	}
	if caught, err := os.ReadDir(outside); err != nil || len(caught) > 0 {
		t.Errorf("outside there are %v, %v", caught, err)
	}
}

func TestWhatIsNoFileIsNotWrittenTo(t *testing.T) {
	t.Parallel()
	f := newFolder(t, file.Options{})
	s := f.open("file://./audits.log")
	if err := os.MkdirAll(filepath.Join(f.path, "audits.log"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := trySend(t, s, "a"); err == nil {
		t.Error("a folder was written to")
	}
}

func TestDestinationsShareAFileInWholeLines(t *testing.T) {
	t.Parallel()
	f := newFolder(t, file.Options{MaxBytes: 2_000, Keep: -1})
	other := file.New(file.Options{Folder: destination.Folder{Path: f.path}, MaxBytes: 2_000, Keep: -1}) // of another process
	line := strings.Repeat("x", 99)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			s := f.open("file://./audits.log")
			if i%2 == 0 {
				var err error
				if s, err = other.Open(destination.Destination{Spec: destination.Spec{Location: "file://./audits.log"}}); err != nil {
					t.Error(err)
					return
				}
			}
			for range 20 {
				if err := trySend(t, s, line, line); err != nil {
					t.Error(err)
				}
			}
			_ = s.Close()
		})
	}
	all.Wait()
	f.files.Close()
	other.Close()
	lines := strings.Count(f.read("audits.log"), line+"\n")
	for _, name := range f.rotated("audits.log") {
		if strings.HasSuffix(name, ".gz") {
			lines += strings.Count(f.unzip(name), line+"\n")
		} else {
			lines += strings.Count(f.read(name), line+"\n")
		}
	}
	if lines != 4*20*2 {
		t.Errorf("there are %d lines", lines)
	}
}

func TestOrgsThatDoNotTrustEachOtherShareNoFile(t *testing.T) {
	t.Parallel()
	f := newFolder(t, file.Options{Folder: destination.Folder{PerOrg: true}})
	open := func(org, location string) (delivery.Sender, error) {
		s, err := f.files.Open(destination.Destination{Spec: destination.Spec{OrgID: org, Location: location}})
		if err == nil {
			t.Cleanup(func() { _ = s.Close() })
		}
		return s, err
	}
	for _, org := range []string{"one", "two/../one"} {
		s, err := open(org, "file://./audits.log")
		if err != nil {
			t.Fatal(err)
		}
		f.send(s, org)
	}
	f.has("one/audits.log", "one\n")
	f.has("two%2F..%2Fone/audits.log", "two/../one\n")
	for _, location := range []string{"file://./../one/audits.log", "file://" + f.path + "/one/audits.log"} {
		if _, err := open("two", location); err == nil {
			t.Errorf("%s can be written by another organisation", location)
		}
	}
	if _, err := open("one", "file://"+f.path+"/one/audits.log"); err != nil {
		t.Errorf("its own, as an absolute path: %v", err)
	}
}
