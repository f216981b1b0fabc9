package file

import (
	"cmp"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
)

// Options say where files are, and when they are rotated.
type Options struct {
	Folder   string        // where all files are; required, and made when it is missing
	MaxBytes int64         // of a file before it is rotated; 100 MiB where 0, negative is any number
	Every    time.Duration // a file has events of one stretch of so long; a day where 0, negative is for ever
	Keep     int           // how many rotated files are kept beside each file; 14 where 0, negative is all
	Now      func() time.Time
	Logger   *slog.Logger
}

// Files opens the files of destinations.
type Files struct {
	options Options

	mu      sync.Mutex
	senders map[*sender]bool
	writing map[string]*sync.Mutex // by path
	tidying sync.Mutex             // one file is compressed at a time
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
	return &Files{options: options, senders: map[*sender]bool{}, writing: map[string]*sync.Mutex{}}
}

// Open implements delivery.Open. Destinations may share a file: what each is sent at
// once stands together in it.
func (f *Files) Open(d destination.Destination) (delivery.Sender, error) {
	path, reason := destination.FilePath(d.Spec.Location, f.options.Folder)
	if reason != "" {
		return nil, &delivery.Failure{Reason: "the location " + reason}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.writing[path] == nil {
		f.writing[path] = &sync.Mutex{}
	}
	s := &sender{files: f, options: f.options, path: path, turn: f.writing[path], log: f.options.Logger.With("destination", d.ID, "file", path)}
	f.senders[s] = true
	return s, nil
}

// Reopen closes all files. Each is opened again, or made anew, with the next events.
func (f *Files) Reopen() {
	for _, s := range f.open() {
		s.turn.Lock()
		s.release()
		s.turn.Unlock()
	}
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
	delete(f.senders, s)
}

// permissions of what is made: programs of the group may read it.
const (
	fileMode   os.FileMode = 0o640
	folderMode os.FileMode = 0o750
)
