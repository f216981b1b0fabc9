package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
)

// HashPrefix is how the hash of a value begins; 64 hexadecimal digits follow.
const HashPrefix = "hmac-sha256:"

// Redactor makes the redactions of a destination. The zero Redactor makes none. It may
// be used by several goroutines.
type Redactor struct {
	rules []rule
	key   []byte
}

// rule is a redaction of what is found below an object by a path.
type rule struct {
	path string // a name, or names that dots join
	hash bool
}

var errNoKey = errors.New("the destination has no key for hashing, since the server has no --secret-key-file")

// New returns the Redactor of a destination, whose secrets it has.
func New(d destination.Destination) (*Redactor, error) {
	r := &Redactor{}
	if d.Spec.Delivery == nil {
		return r, nil
	}
	if d.Keys != nil {
		r.key = d.Keys.Hashing
	}
	for _, redaction := range d.Spec.Delivery.Redactions {
		hash := redaction.Action == destination.RedactHash
		if hash && len(r.key) == 0 {
			return nil, errNoKey
		}
		r.rules = append(r.rules, rule{redaction.Field, hash})
	}
	r.coverAliases()
	return r, nil
}

// aliases are the names under which events of different kinds say the same. What is made
// of an event has either under the first.
var aliases = [][2]string{{"user_id", "sub"}, {"token_id", "jti"}, {"org_id", "org"}}

// coverAliases has what is said of one name hold for the other, unless that has a rule of
// its own.
func (r *Redactor) coverAliases() {
	for _, names := range aliases {
		one, first := find(r.rules, names[0])
		other, second := find(r.rules, names[1])
		switch {
		case first && !second:
			r.rules = append(r.rules, rule{names[1], one.hash})
		case second && !first:
			r.rules = append(r.rules, rule{names[0], other.hash})
		}
	}
}

// None reports whether nothing is redacted.
func (r *Redactor) None() bool { return len(r.rules) == 0 }

// Hides reports whether a property of events is redacted as a whole.
func (r *Redactor) Hides(property string) bool {
	_, hidden := find(r.rules, property)
	return hidden
}

// Text returns what may be seen of a property with this value: itself, its hash, or
// nothing.
func (r *Redactor) Text(property, value string) string {
	found, hidden := find(r.rules, property)
	switch {
	case !hidden || value == "":
		return value
	case found.hash:
		return r.hash(value)
	}
	return ""
}

// Record returns an event as it may be seen: itself where it has nothing to redact.
func (r *Redactor) Record(event *audit.Record) *audit.Record {
	if r.None() {
		return event
	}
	s := event.Stored()
	raw, changed := r.bulk(s.Raw)
	org := r.Text("org_id", event.Org)
	if !changed && org == s.Org {
		return event
	}
	s.Raw, s.Org = raw, org
	if r.Hides("time") {
		s.Time = event.CreateTime
	}
	return audit.Restore(s)
}

// find returns the rule for a name; removal comes before hashing.
func find(rules []rule, name string) (found rule, ok bool) {
	for _, candidate := range rules {
		if candidate.path == name && (!ok || found.hash) {
			found, ok = candidate, true
		}
	}
	return found, ok
}

// below returns the rules for what is in the object with this name.
func below(rules []rule, name string) []rule {
	var inside []rule
	for _, candidate := range rules {
		if rest, ok := strings.CutPrefix(candidate.path, name); ok && strings.HasPrefix(rest, ".") {
			inside = append(inside, rule{rest[1:], candidate.hash})
		}
	}
	return inside
}

func (r *Redactor) hash(value string) string {
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(value))
	return HashPrefix + hex.EncodeToString(mac.Sum(nil))
}
