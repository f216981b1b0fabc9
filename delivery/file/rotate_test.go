package file_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/delivery/file"
)

func TestAFileIsRotatedBeforeItIsTooLargeAndTheNewestAreKept(t *testing.T) {
	t.Parallel()
	f := newFolder(t, file.Options{MaxBytes: 50, Keep: 2})
	s := f.open("file://./audits.log")
	for i := range 20 { // 11 bytes each: 4 in a file
		f.now = f.now.Add(time.Second)
		f.send(s, numbered(i))
	}
	f.compresses("audits.log", 2)
	f.has("audits.log", numbered(16)+"\n"+numbered(17)+"\n"+numbered(18)+"\n"+numbered(19)+"\n")
	names := f.rotated("audits.log")
	if len(names) != 2 || !strings.HasSuffix(names[0], "Z.gz") {
		t.Fatalf("there are %q", names)
	}
	if got, want := f.unzip(names[1]), numbered(12)+"\n"+numbered(13)+"\n"+numbered(14)+"\n"+numbered(15)+"\n"; got != want {
		t.Errorf("the newest has %q, want %q", got, want)
	}
}

func TestAFileHasEventsOfOneStretchOfTime(t *testing.T) {
	t.Parallel()
	f := newFolder(t, file.Options{Every: 24 * time.Hour})
	f.send(f.open("file://./audits.log"), "yesterday")
	yesterday := f.now.Add(-24 * time.Hour)
	if err := os.Chtimes(filepath.Join(f.path, "audits.log"), yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	again := f.open("file://./audits.log") // after a restart, too
	f.send(again, "today")
	f.send(again, "today too")
	f.compresses("audits.log", 1)
	f.has("audits.log", "today\ntoday too\n")
	names := f.rotated("audits.log")
	if len(names) == 0 || f.unzip(names[0]) != "yesterday\n" {
		t.Errorf("there are %q", names)
	}
}

func TestWhatACrashLeftIsCompressedLater(t *testing.T) {
	t.Parallel()
	f := newFolder(t, file.Options{})
	const left = "audits.log.20261101T000000.000000000Z"
	f.write(left, "old\n")
	f.write(left+".gz.partial", "torn")
	f.write("audits.log.mine", "of somebody else\n")
	s := f.open("file://./audits.log")
	f.send(s, "new")
	eventually(t, "what is left is compressed", func() bool {
		return slices.Equal(f.rotated("audits.log"), []string{left + ".gz", "audits.log.mine"})
	})
	if f.unzip(left+".gz") != "old\n" {
		t.Error("it is not compressed")
	}
	f.has("audits.log.mine", "of somebody else\n")
}
