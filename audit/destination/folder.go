package destination

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path/filepath"
	"strings"
)

// Folder is where the files of destinations are.
type Folder struct {
	Path string // absolute
	// PerOrg has each organisation's files in a folder of its own below it.
	PerOrg bool
}

// Of returns the folder that an organisation's locations are rooted in.
func (f Folder) Of(org string) string {
	if !f.PerOrg {
		return f.Path
	}
	return filepath.Join(f.Path, folderName(org))
}

// longName is how many bytes of an organisation's name are in that of its folder.
const longName = 120

// folderName returns a name of one folder for an organisation, which no other has, on
// file systems that tell capitals from small letters.
func folderName(org string) string {
	name := url.PathEscape(org)
	if strings.Trim(org, ".") == "" { // such are no names, and no name is
		name = "%" + strings.ReplaceAll(org, ".", "%2E")
	}
	if len(name) > longName {
		sum := sha256.Sum256([]byte(org))
		name = name[:longName] + "%" + hex.EncodeToString(sum[:16])
	}
	return name
}
