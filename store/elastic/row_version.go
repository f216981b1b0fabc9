package elastic

import (
	"strings"

	"github.com/authtrail/authtrail/audit"
)

// spot is where one state of a document is: in which index, and where in its history.
type spot struct {
	Index       string `json:"_index"` // its own name, never an alias
	SeqNo       int64  `json:"_seq_no"`
	PrimaryTerm int64  `json:"_primary_term"`
}

// version is the spot as callers have it.
func (s spot) version() audit.Version {
	return version(s.SeqNo, s.PrimaryTerm) + "." + audit.Version(s.Index)
}

// parseRowVersion reads what version made; anything else is no version that was ever given.
func parseRowVersion(v audit.Version) (spot, bool) {
	seq, rest, _ := strings.Cut(string(v), ".")
	term, index, _ := strings.Cut(rest, ".")
	seqNo, primaryTerm, ok := parseVersion(audit.Version(seq + "." + term))
	return spot{index, int64(seqNo), int64(primaryTerm)}, ok && index != ""
}

// itself is the alias of one partition's index and no other, ever. Rows are
// replaced by it: an index that was made anew has the name of the old one as an
// alias, and numbers of its own, so that by that name a version of the old
// could be taken for one of the new. It knows none of an index that is no partition.
func (n names) itself(index string) (string, bool) {
	for _, begins := range []string{n.partition(""), n.rebuilt("")} {
		if which, found := strings.CutPrefix(index, begins); found && which != "" {
			return n.prefix + "-itself-" + which, true
		}
	}
	return "", false
}
