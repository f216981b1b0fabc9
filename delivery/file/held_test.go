//go:build unix

package file_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	"github.com/authtrail/authtrail/delivery/file"
)

// locked has another program lock a file until what is returned is called.
func (f *folder) locked(name string) (unlock func()) {
	f.Helper()
	held, err := os.OpenFile(filepath.Join(f.path, name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		f.Fatal(err)
	}
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = held.Close() })
	return func() { _ = held.Close() }
}

// within fails where something takes long that is not to wait for anything.
func within(t testing.TB, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s hangs", what)
	}
}

func TestAFileThatAnotherProgramLocksIsAFailureThatIsTold(t *testing.T) {
	t.Parallel()
	f := newFolder(t, file.Options{})
	f.files.Impatient(20 * time.Millisecond)
	s := f.open("file://./audits.log")
	f.send(s, "a")
	unlock := f.locked("audits.log")
	var failure *delivery.Failure
	if err := trySend(t, s, "b"); !errors.As(err, &failure) || !strings.Contains(failure.Reason, "another program has locked it") {
		t.Errorf("got %v", err)
	}
	unlock()
	f.send(s, "b")
	f.has("audits.log", "a\nb\n")
}

func TestWhatIsBeingWrittenHoldsBackNobodyElse(t *testing.T) {
	t.Parallel()
	f := newFolder(t, file.Options{})
	f.files.Impatient(time.Hour)
	stuck, other, same := f.open("file://./stuck.log"), f.open("file://./other.log"), f.open("file://./stuck.log")
	f.send(stuck, "a")
	unlock := f.locked("stuck.log")
	sent := make(chan error, 1)
	go func() {
		_, err := stuck.Send(t.Context(), []delivery.Message{{Body: []byte("b")}})
		sent <- err
	}()
	within(t, "to stop a destination whose file another is writing", func() {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := same.Send(ctx, []delivery.Message{{Body: []byte("c")}}); err == nil {
			t.Error("it was written")
		}
		if err := same.Close(); err != nil {
			t.Error(err)
		}
	})
	within(t, "to open files anew", f.files.Reopen)
	within(t, "another file", func() { f.send(other, "a") })
	unlock()
	if err := <-sent; err != nil {
		t.Error(err)
	}
	f.has("stuck.log", "a\nb\n")
}

func TestARotatedFileThatIsLockedHoldsUpNobody(t *testing.T) {
	t.Parallel()
	f := newFolder(t, file.Options{})
	const left = "audits.log.20261101T000000.000000000Z"
	f.write(left, "old\n")
	f.files.Impatient(time.Hour)
	unlock := f.locked(left)
	s := f.open("file://./audits.log")
	f.send(s, "new")
	within(t, "to close a file", func() { _ = s.Close() })
	within(t, "to end", f.files.Close)
	unlock()
	f.has(left, "old\n")
	again := newFolder(t, file.Options{})
	again.path = f.path
	again.files = file.New(file.Options{Folder: destination.Folder{Path: f.path}})
	t.Cleanup(again.files.Close)
	again.send(again.open("file://./audits.log"), "newer")
	again.compresses("audits.log", 1)
}

// What looks like a rotated file would be compressed, removed, or mended as if it were
// a file of lines.
func TestNoFileIsCalledAsRotatedOnesAre(t *testing.T) {
	t.Parallel()
	f := newFolder(t, file.Options{})
	for name, fine := range map[string]bool{
		"audits.log.20261101T000000.000000000Z": false, "audits.log.20261101T000000.000000000Z.gz": false,
		"a/audits.log.20261101T000000.000000000Z.gz.partial": false, "audits.20261101.log": true, "20261101T000000.000000000Z": true, "audits.gz": true,
	} {
		s, err := f.files.Open(destination.Destination{Spec: destination.Spec{Location: "file://./" + name}})
		if fine != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
		if s != nil {
			_ = s.Close()
		}
	}
}
