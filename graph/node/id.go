package node

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// The kinds of object that have a global id. They are part of ids: never
// renumber them.
const (
	authAuditID byte = 1 + iota
	auditID
	eventID
	loginFlowID
	sessionID
	traceID
	destinationID
)

var recordKinds = map[audit.Kind]byte{
	audit.KindAuth: authAuditID, audit.KindAPI: auditID, audit.KindGeneric: eventID, audit.KindRead: eventID,
}

// globalID identifies an object among all objects.
type globalID struct {
	kind byte
	org  string
	id   string
}

// globalIDPrefix names the version of the form.
const globalIDPrefix = "n1_"

// String returns the opaque form.
func (g globalID) String() string {
	b := binary.AppendUvarint([]byte{g.kind}, uint64(len(g.org)))
	b = append(append(b, g.org...), g.id...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return globalIDPrefix + base64.RawURLEncoding.EncodeToString(b)
}

// parseGlobalID reads what String returned.
func parseGlobalID(text string) (globalID, bool) {
	encoded, ok := strings.CutPrefix(text, globalIDPrefix)
	b, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if !ok || err != nil || len(b) < 6 {
		return globalID{}, false
	}
	body, sum := b[:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	kind := body[0]
	orgLength, n := binary.Uvarint(body[1:])
	rest := body[1+max(n, 0):]
	if crc32.ChecksumIEEE(body) != sum || n <= 0 || orgLength > uint64(len(rest)) || kind < authAuditID || kind > destinationID {
		return globalID{}, false
	}
	return globalID{kind: kind, org: string(rest[:orgLength]), id: string(rest[orgLength:])}, true
}
