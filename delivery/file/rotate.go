package file

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// rotatedTime is what is appended to the name of a file that is rotated, after a dot.
// The names of later ones sort later.
const rotatedTime = "20060102T150405.000000000Z"

const (
	compressed = ".gz"
	partial    = ".gz.partial"
)

// due reports whether the file is to be rotated before so many bytes are written.
func (s *sender) due(more int64) bool {
	if s.whole == 0 {
		return false
	}
	if s.options.MaxBytes > 0 && s.whole+more > s.options.MaxBytes {
		return true
	}
	info, err := s.file.Stat()
	if err != nil || s.options.Every <= 0 {
		return false
	}
	return info.ModTime().UTC().Truncate(s.options.Every).Before(s.options.Now().UTC().Truncate(s.options.Every))
}

// rotate gives the file another name, and begins a new one, which is locked as well.
func (s *sender) rotate(ctx context.Context) error {
	if err := s.root.Rename(s.path, s.freeName()); err != nil {
		return err
	}
	unlock(s.file)
	_ = s.file.Close() // it is synced
	s.file = nil
	s.compress()
	if err := s.ready(ctx); err != nil { // which may be another's by now, and rotated again
		return err
	}
	return errors.Join(s.mend(), s.syncFolder())
}

// freeName is a name for the file that no rotated one has.
func (s *sender) freeName() string {
	for at := s.options.Now().UTC(); ; at = at.Add(1) {
		name := s.path + "." + at.Format(rotatedTime)
		_, plain := s.root.Lstat(name)
		_, zipped := s.root.Lstat(name + compressed)
		if plain != nil && zipped != nil {
			return name
		}
	}
}

// compress compresses what was rotated and is not compressed yet, beside the work,
// and removes the oldest of too many.
func (s *sender) compress() {
	f := s.files
	f.beside.Go(func() {
		select {
		case f.tidying <- struct{}{}:
			defer func() { <-f.tidying }()
		case <-f.running.Done():
			return
		}
		root, err := os.OpenRoot(s.folder)
		if err == nil {
			err = errors.Join(s.tidyUp(root), root.Close())
		}
		if err != nil && f.running.Err() == nil {
			s.log.Warn("a rotated file stays as it is; the next rotation tries again", "error", err)
		}
	})
}

func (s *sender) tidyUp(root *os.Root) error {
	rotated, err := s.rotated(root)
	if err != nil {
		return err
	}
	if s.options.Keep > 0 {
		for len(rotated) > s.options.Keep {
			if err := root.Remove(rotated[0]); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			rotated = rotated[1:]
		}
	}
	for _, name := range rotated {
		if strings.HasSuffix(name, compressed) {
			continue
		}
		if err := s.files.compressFile(root, name); err != nil {
			return err
		}
	}
	return nil
}

// isRotated reports whether a file would be taken for what was rotated of another.
func isRotated(path string) bool {
	name := strings.TrimSuffix(strings.TrimSuffix(path, partial), compressed)
	if len(name) <= len(rotatedTime) {
		return false
	}
	_, err := time.Parse("."+rotatedTime, name[len(name)-len(rotatedTime)-1:])
	return err == nil
}

// rotated lists what was rotated of the file, oldest first. A file that was being
// compressed when the process died is there once more.
func (s *sender) rotated(root *os.Root) ([]string, error) {
	folder, base := filepath.Dir(s.path), filepath.Base(s.path)
	entries, err := fs.ReadDir(root.FS(), filepath.ToSlash(folder))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		rest, ok := strings.CutPrefix(entry.Name(), base+".")
		if _, err := time.Parse(rotatedTime, strings.TrimSuffix(rest, compressed)); ok && err == nil && entry.Type().IsRegular() {
			names = append(names, filepath.Join(folder, entry.Name()))
		}
	}
	slices.Sort(names)
	return names, nil
}

// compressFile puts a compressed file in the place of one. It is whole and durable
// before the other is removed.
func (f *Files) compressFile(root *os.Root, name string) error {
	from, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another process was quicker
	}
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // it was only read
	locking, cancel := context.WithTimeout(f.running, f.patience)
	defer cancel()
	if err := lock(locking, from); err != nil {
		return err
	}
	defer unlock(from)
	to, err := root.OpenFile(name+partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	zipped := gzip.NewWriter(to)
	_, err = io.Copy(zipped, untilEnded{f.running, from})
	if err = errors.Join(err, zipped.Close(), to.Sync(), to.Close()); err != nil {
		return errors.Join(err, root.Remove(name+partial))
	}
	if err := root.Rename(name+partial, name+compressed); err != nil {
		return err
	}
	return root.Remove(name)
}

// untilEnded reads until ctx ends.
type untilEnded struct {
	ctx  context.Context
	from io.Reader
}

func (u untilEnded) Read(to []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.from.Read(to)
}
