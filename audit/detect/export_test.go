package detect

// WithBounds returns a detector with smaller bounds; 0 leaves one as it is.
func (d Detector) WithBounds(flows, past, uses int) Detector {
	d.flows, d.past, d.uses = flows, past, uses
	return d
}
