package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/authtrail/authtrail/delivery"
)

// sender writes one file.
type sender struct {
	files   *Files
	options Options
	folder  string
	path    string        // below the folder
	turn    chan struct{} // of all senders of this path
	log     *slog.Logger
	stale   atomic.Bool // whether the file is to be closed when it is not being written to

	mu    sync.Mutex
	root  *os.Root // nil while closed
	file  *os.File // likewise
	whole int64    // the size up to which the file is known to end with a line
	tidy  bool     // whether former files were looked through
}

// Send implements delivery.Sender.
func (s *sender) Send(ctx context.Context, batch []delivery.Message) (delivery.Result, error) {
	size := 0
	for _, m := range batch {
		size += len(m.Body) + 1
	}
	lines := make([]byte, 0, size)
	for _, m := range batch {
		lines = append(append(lines, m.Body...), '\n')
	}
	if err := ctx.Err(); err != nil {
		return delivery.Result{}, err
	}
	select { // a disk that hangs may keep another sender of the path
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return delivery.Result{}, ctx.Err()
	}
	defer s.closeStale()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.write(ctx, lines); err != nil {
		s.release()
		return delivery.Result{}, failure(err)
	}
	return delivery.Result{}, nil
}

// closeStale closes a file that is to be opened anew, unless it is being written to:
// then that is done afterwards.
func (s *sender) closeStale() {
	for s.stale.Load() && s.mu.TryLock() {
		if s.stale.Swap(false) {
			s.release()
		}
		s.mu.Unlock()
	}
}

// failure says why a file cannot be written, without the server's own paths.
func failure(err error) *delivery.Failure {
	reason := err
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		reason = path.Err
	case errors.As(err, &link):
		reason = link.Err
	}
	return &delivery.Failure{Reason: "the file cannot be written: " + reason.Error(), Err: err}
}

// write appends lines to the file, which is whole before and after, and syncs it.
func (s *sender) write(ctx context.Context, lines []byte) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	defer func() { unlock(s.file) }() // which may be another by then
	if err := s.mend(); err != nil {
		return err
	}
	if s.due(int64(len(lines))) {
		if err := s.rotate(ctx); err != nil {
			return err
		}
	}
	if _, err := s.file.Write(lines); err != nil {
		return errors.Join(err, s.file.Truncate(s.whole)) // what was written of it is sent again
	}
	if err := s.file.Sync(); err != nil {
		return err
	}
	s.whole += int64(len(lines))
	return nil
}

// ready has the file open that is at the path now, and locked.
func (s *sender) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.files.patience)
	defer cancel()
	for range 10 {
		if s.file == nil {
			if err := s.open(); err != nil {
				return err
			}
		}
		if err := lock(ctx, s.file); err != nil {
			return fmt.Errorf("lock the file: %w", err)
		}
		same, err := s.isThere()
		if same {
			return nil
		}
		unlock(s.file)
		s.release() // it was moved or removed
		if err != nil {
			return err
		}
	}
	return errors.New("it is moved again and again")
}

// isThere reports whether the open file is the one at the path.
func (s *sender) isThere() (bool, error) {
	there, err := s.root.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	open, err := s.file.Stat()
	return err == nil && os.SameFile(there, open), err
}

// open opens the file, and makes it where it is missing. The root keeps it in the
// folder, whatever links there are by now.
func (s *sender) open() (err error) {
	if s.root == nil {
		if err := os.MkdirAll(s.folder, folderMode); err != nil {
			return err
		}
		if s.root, err = os.OpenRoot(s.folder); err != nil {
			return err
		}
	}
	if err := s.root.MkdirAll(filepath.Dir(s.path), folderMode); err != nil {
		return err
	}
	info, err := s.root.Stat(s.path)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return err
	}
	if !missing && !info.Mode().IsRegular() {
		return &fs.PathError{Op: "open", Path: s.path, Err: errors.New("something else than a file is there")}
	}
	s.file, err = s.root.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_APPEND|syscall.O_NONBLOCK, fileMode)
	if err != nil {
		return err
	}
	s.whole = -1
	if missing {
		err = s.syncFolder()
	}
	if !s.tidy {
		s.tidy = true
		s.compress()
	}
	return err
}

// syncFolder makes the names in the file's folder durable.
func (s *sender) syncFolder() error {
	folder, err := s.root.Open(filepath.Dir(s.path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// release closes the file.
func (s *sender) release() {
	if s.file != nil {
		_ = s.file.Close() // what was to be kept is synced
		s.file = nil
	}
	if s.root != nil {
		_ = s.root.Close()
		s.root = nil
	}
}

// Close implements delivery.Sender.
func (s *sender) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release()
	s.files.closed(s)
	return nil
}
