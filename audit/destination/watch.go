package destination

// Watch has a function called after each change that this Store makes, before the
// change is answered: after a destination was made, replaced or removed. It is set
// once, before the Store is used, and may take its time.
func (s *Store) Watch(changed func(org, id string)) { s.changed = changed }

func (s *Store) hasChanged(d Destination) {
	if s.changed != nil {
		s.changed(d.Spec.OrgID, d.ID)
	}
}
