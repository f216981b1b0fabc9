package destination_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

func TestLocations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	outside := t.TempDir()
	for name, target := range map[string]string{"out": outside, "dangling": filepath.Join(outside, "nothing"), "in": "sub"} {
		if err := os.Symlink(target, filepath.Join(w.folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(w.folder, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	const file, web, socket, outsideOf = "must be a file in", "must be an address like https://", "must be an address like udp://", "must not lead out"
	s := w.process(nil)
	for _, test := range []struct{ kind, location, want string }{
		{"file", "file://./x.log", ""},
		{"file", "file://./new/deep/../x%20y.log", ""},
		{"file", "file://./in/x.log", ""},
		{"file", "file://" + w.folder + "/x.log", ""},
		{"file", "file://" + w.folder + "/../" + filepath.Base(w.folder) + "/x.log", ""},
		{"file", "file://" + w.folder, file},
		{"file", "file://./", file},
		{"file", "file://./sub", "something else is there"},
		{"file", "file://./.", file},
		{"file", "file://x.log", file},
		{"file", "x.log", file},
		{"file", "/etc/passwd", file},
		{"file", "file://./%zz", file},
		{"file", "file://./a%0ab", file},
		{"file", "file:///etc/passwd", outsideOf},
		{"file", "file://" + w.folder + "-more/x.log", outsideOf},
		{"file", "file://./../x.log", outsideOf},
		{"file", "file://./a/%2e%2e/../x.log", outsideOf},
		{"file", "file://./out/x.log", outsideOf},
		{"file", "file://./dangling", "must not lead"},
		{"webhook", "http://h:8080/a?b=c", ""},
		{"webhook", "HTTPS://[::1]/", ""},
		{"webhook", "ftp://h", web},
		{"webhook", "https:///x", web},
		{"webhook", "h", web},
		{"webhook", "https://user:swordfish@h/", "must not hold a user name"},
		{"webhook", "https://user:swordfish@h:port/", web},
		{"webhook", "https://h/#x", "fragment"},
		{"webhook", "https://h:99999/", "port"},
		{"syslog", "udp://h", ""},
		{"syslog", "tls://h:6514/", ""},
		{"graylog", "tcp://h:12201", ""},
		{"graylog", "http://h", socket},
		{"syslog", "udp://h:514/path", socket},
		{"syslog", "udp://:514", socket},
		{"syslog", "udp://h:0", "port"},
	} {
		d := webhook(t, "o", test.location, "")
		d.Spec.Type, d.Spec.Location = test.kind, test.location
		created, err := s.Create(t.Context(), d)
		if test.want == "" {
			if err != nil {
				t.Errorf("%s %s: %v", test.kind, test.location, err)
			}
			continue
		}
		if !isCode(err, audit.BadUserInput) || !strings.Contains(err.Error(), "spec.location: ") || !strings.Contains(err.Error(), test.want) ||
			strings.Contains(err.Error(), "swordfish") {
			t.Errorf("%s %s: got %v %v, want %s", test.kind, test.location, created.ID, err, test.want)
		}
	}
	if path, reason := destination.FilePath("file://./a/../b.log", w.folder); path != "b.log" || reason != "" {
		t.Errorf("the file is %q, %s", path, reason)
	}
}
