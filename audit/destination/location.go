package destination

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// checkLocation says what is wrong with where a destination leads, without asking
// the network. Locations are shown to all who may read destinations, and no error
// repeats one.
func checkLocation(s Spec, folder string) error {
	reason := ""
	switch s.Type {
	case File:
		if err := checkFolder(folder); err != nil {
			return err
		}
		_, reason = FilePath(s.Location, folder)
	case Webhook:
		reason = checkWeb(s.Location)
	default:
		reason = checkSocket(s.Location)
	}
	if reason != "" {
		return audit.Invalid("spec.location", "%s", reason)
	}
	return nil
}

// checkFolder says that the folder of delivered files is at fault, and not a location in it.
func checkFolder(folder string) error {
	root, err := os.OpenRoot(folder)
	switch {
	case err == nil:
		return root.Close()
	case errors.Is(err, fs.ErrNotExist): // it is made with the first file
		return nil
	}
	return &audit.Error{Code: audit.Unavailable, Err: err,
		Message: "the server's folder of delivered files cannot be read, or is no folder; whoever runs the server must mend --delivery-dir"}
}

func checkWeb(location string) (reason string) {
	u, err := url.Parse(location)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return "must be an address like https://host/path"
	case u.User != nil:
		return "must not hold a user name or password; the authentication does"
	case u.Fragment != "":
		return "must not have a fragment (#…), which is never sent"
	case !validPort(u.Port()):
		return "the port must be from 1 to 65535"
	}
	return ""
}

func checkSocket(location string) (reason string) {
	u, err := url.Parse(location)
	switch {
	case err != nil || !slices.Contains([]string{"udp", "tcp", "tls"}, u.Scheme) || u.Hostname() == "",
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return "must be an address like udp://host:514, tcp://host:514 or tls://host:6514"
	case !validPort(u.Port()):
		return "the port must be from 1 to 65535"
	}
	return ""
}

func validPort(port string) bool {
	if port == "" {
		return true
	}
	number, err := strconv.Atoi(port)
	return err == nil && number >= 1 && number <= 65_535
}

// FilePath returns the path below the folder of delivered files that a location
// names, or the reason why it may not be written. Links that are there now are
// followed; who writes must not trust that they stay, and open it by os.Root.
func FilePath(location, folder string) (path, reason string) {
	const form = "must be a file in the folder of delivered files, like file://./audits.log"
	rest, isFile := strings.CutPrefix(location, "file://")
	rest, err := url.PathUnescape(rest)
	if !isFile || err != nil || strings.ContainsAny(rest, "\x00\r\n") || strings.HasSuffix(rest, "/") {
		return "", form
	}
	const outside = "must not lead out of the folder of delivered files"
	switch {
	case strings.HasPrefix(rest, "./"):
		path = filepath.Clean(rest)
	case filepath.IsAbs(rest):
		if path, err = filepath.Rel(folder, filepath.Clean(rest)); err != nil {
			return "", outside
		}
	default:
		return "", form
	}
	switch {
	case !filepath.IsLocal(path):
		return "", outside
	case path == ".":
		return "", form
	}
	return path, checkLinks(folder, path)
}

// checkLinks refuses what leaves the folder through a link, and what is no file.
func checkLinks(folder, path string) (reason string) {
	root, err := os.OpenRoot(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return "" // nothing is there yet, no link either
	}
	if err != nil {
		return "is in the folder of delivered files, which cannot be read"
	}
	defer root.Close()
	info, err := root.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		// A link whose end is missing looks the same, and writing would make the end.
		return checkLinkEnds(root, path)
	case err != nil:
		return "must not lead out of the folder of delivered files, and all above it must be folders"
	case !info.Mode().IsRegular():
		return "must name a file; something else is there"
	}
	return ""
}

// checkLinkEnds refuses links that lead nowhere, wherever on the path they are.
func checkLinkEnds(root *os.Root, path string) (reason string) {
	for at := path; at != "."; at = filepath.Dir(at) {
		info, err := root.Lstat(at)
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			if _, err := root.Stat(at); err != nil {
				return "must not lead through a link that leads nowhere, or out of the folder of delivered files"
			}
		}
	}
	return ""
}
