package audit

import (
	"crypto/sha256"
	"fmt"
)

// Caller names a principal wherever something is counted for each of them: by
// who it is and whose records it sees. It has the same size for all.
type Caller [sha256.Size]byte

// Caller returns the principal's.
func (p Principal) Caller() Caller {
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %t", p.Subject, p.scope.orgs, p.scope.all))
}
