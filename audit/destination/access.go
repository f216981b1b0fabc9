package destination

import (
	"cmp"

	"github.com/authtrail/authtrail/audit"
)

// OwnersOnly refuses who may not manage destinations.
func OwnersOnly(p audit.Principal) error {
	if p.Role < audit.RoleOwner {
		return &audit.Error{Code: audit.Forbidden, Message: "managing destinations needs the role owner"}
	}
	return nil
}

// ParseOf is Parse for what a caller sends, who must be an owner of the organisation
// that it is to be of: the caller's own, where it names none.
func ParseOf(p audit.Principal, body []byte) (Destination, error) {
	if err := OwnersOnly(p); err != nil {
		return Destination{}, err
	}
	draft, err := Parse(body)
	if err != nil {
		return Destination{}, err
	}
	draft.Spec.OrgID = cmp.Or(draft.Spec.OrgID, p.Org)
	if !p.Scope().Allows(draft.Spec.OrgID) {
		return Destination{}, &audit.Error{Code: audit.Forbidden, Field: "spec.org_id", Message: "this organisation is not yours"}
	}
	return draft, nil
}

// RevealTo returns a destination as a caller may see it: owners see its secrets.
func (s *Store) RevealTo(p audit.Principal, d Destination) (Destination, error) {
	if OwnersOnly(p) != nil {
		return d.WithoutSecrets(), nil
	}
	return s.Reveal(d)
}

// Sketch returns a destination that is not stored with keys that are made up, so that
// it can be tried what it would be sent. It is refused as Create would refuse it.
func (s *Store) Sketch(d Destination) (Destination, error) {
	if err := s.check(d.Spec); err != nil {
		return Destination{}, err
	}
	return s.keyed(d, nil)
}
