package file_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/file"
)

// folder is a folder of delivered files.
type folder struct {
	testing.TB
	path  string
	now   time.Time
	files *file.Files
}

func newFolder(t testing.TB, options file.Options) *folder {
	t.Helper()
	f := &folder{TB: t, path: filepath.Join(t.TempDir(), "delivered"), now: time.Now()}
	options.Folder.Path, options.Logger = f.path, slog.New(slog.DiscardHandler)
	options.Now = func() time.Time { return f.now }
	f.files = file.New(options)
	t.Cleanup(f.files.Close)
	return f
}

func (f *folder) open(location string) delivery.Sender {
	f.Helper()
	s, err := f.files.Open(destination.Destination{Spec: destination.Spec{Type: destination.File, Location: location}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	return s
}

// send sends lines, and fails where they are not taken.
func (f *folder) send(s delivery.Sender, lines ...string) {
	f.Helper()
	if err := trySend(f, s, lines...); err != nil {
		f.Fatal(err)
	}
}

func trySend(t testing.TB, s delivery.Sender, lines ...string) error {
	var batch []delivery.Message
	for _, line := range lines {
		batch = append(batch, delivery.Message{ID: line, Body: []byte(line)})
	}
	result, err := s.Send(t.Context(), batch)
	if len(result.Refused)+len(result.Retry) > 0 {
		t.Errorf("the result is %+v", result)
	}
	return err
}

func (f *folder) read(name string) string {
	f.Helper()
	text, err := os.ReadFile(filepath.Join(f.path, name))
	if err != nil {
		f.Fatal(err)
	}
	return string(text)
}

func (f *folder) write(name, text string) {
	f.Helper()
	if err := errors.Join(os.MkdirAll(f.path, 0o750), os.WriteFile(filepath.Join(f.path, name), []byte(text), 0o600)); err != nil {
		f.Fatal(err)
	}
}

// rotated returns the names of what was rotated of a file, oldest first.
func (f *folder) rotated(name string) []string {
	f.Helper()
	entries, err := os.ReadDir(f.path)
	if err != nil {
		f.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), name+".") {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names
}

// compresses waits until so many rotated files are there, and all are compressed.
func (f *folder) compresses(name string, count int) {
	f.Helper()
	eventually(f, "the rotated files are compressed", func() bool {
		names := f.rotated(name)
		return len(names) == count && !slices.ContainsFunc(names, func(name string) bool { return !strings.HasSuffix(name, "Z.gz") })
	})
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for began := time.Now(); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

func (f *folder) unzip(name string) string {
	f.Helper()
	zipped, err := os.Open(filepath.Join(f.path, name))
	if err != nil {
		f.Fatal(err)
	}
	defer zipped.Close()
	reader, err := gzip.NewReader(zipped)
	if err != nil {
		f.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		f.Fatal(err)
	}
	return string(text)
}

func (f *folder) has(name, want string) {
	f.Helper()
	if got := f.read(name); got != want {
		f.Errorf("%s has %q, want %q", name, got, want)
	}
}

func numbered(i int) string { return fmt.Sprintf(`{"n":%04d}`, i) }
