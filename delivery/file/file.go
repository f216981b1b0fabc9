package file

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
)

// Options say where files are, and when they are rotated.
type Options struct {
	Folder   destination.Folder // where all files are; required, and made when it is missing
	MaxBytes int64              // of a file before it is rotated; 100 MiB where 0, negative is any number
	Every    time.Duration      // a file has events of one stretch of so long; a day where 0, negative is for ever
	Keep     int                // how many rotated files are kept beside each file; 14 where 0, negative is all
	Now      func() time.Time
	Logger   *slog.Logger
}

// Files opens the files of destinations.
type Files struct {
	options  Options
	patience time.Duration // for which another program may lock a file, before that is said

	mu      sync.Mutex
	senders map[*sender]bool
	turns   map[string]*turn // by path

	beside  sync.WaitGroup // what compresses
	tidying chan struct{}  // has one while a file is compressed: one at a time
	running context.Context
	end     context.CancelFunc
}

// turn is of who writes to a path now: has one while somebody does.
type turn struct {
	taken   chan struct{}
	senders int
}

// New returns what opens the files of destinations.
func New(options Options) *Files {
	options.MaxBytes, options.Every = cmp.Or(options.MaxBytes, 100<<20), cmp.Or(options.Every, 24*time.Hour)
	options.Keep = cmp.Or(options.Keep, 14)
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	f := &Files{options: options, patience: lockPatience, senders: map[*sender]bool{}, turns: map[string]*turn{}, tidying: make(chan struct{}, 1)}
	f.running, f.end = context.WithCancel(context.Background())
	return f
}

// Open implements delivery.Open. Destinations may share a file: what each is sent at
// once stands together in it.
func (f *Files) Open(d destination.Destination) (delivery.Sender, error) {
	folder := f.options.Folder.Of(d.Spec.OrgID)
	path, reason := destination.FilePath(d.Spec.Location, folder)
	if reason != "" {
		return nil, &delivery.Failure{Reason: "the location " + reason}
	}
	if isRotated(path) {
		return nil, &delivery.Failure{Reason: "the location is a name that rotated files have; choose one that does not end in a time"}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	whole := filepath.Join(folder, path)
	if f.turns[whole] == nil {
		f.turns[whole] = &turn{taken: make(chan struct{}, 1)}
	}
	f.turns[whole].senders++
	s := &sender{files: f, options: f.options, folder: folder, path: path, turn: f.turns[whole].taken, log: f.options.Logger.With("destination", d.ID, "file", path)}
	f.senders[s] = true
	return s, nil
}

// Reopen closes all files. Each is opened again, or made anew, with the next events. One
// that is being written to, which may take long, is closed after that.
func (f *Files) Reopen() {
	for _, s := range f.open() {
		s.stale.Store(true)
		s.closeStale()
	}
}

// Close ends what is done beside the work, after the last sender was closed. What was
// rotated and is not compressed yet is, when its file is written to again.
func (f *Files) Close() {
	f.end()
	f.beside.Wait()
}

func (f *Files) open() []*sender {
	f.mu.Lock()
	defer f.mu.Unlock()
	senders := make([]*sender, 0, len(f.senders))
	for s := range f.senders {
		senders = append(senders, s)
	}
	return senders
}

func (f *Files) closed(s *sender) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.senders[s] {
		return
	}
	delete(f.senders, s)
	whole := filepath.Join(s.folder, s.path)
	if f.turns[whole].senders--; f.turns[whole].senders == 0 {
		delete(f.turns, whole)
	}
}

const lockPatience = 10 * time.Second

// permissions of what is made: programs of the group may read it.
const (
	fileMode   os.FileMode = 0o640
	folderMode os.FileMode = 0o750
)
