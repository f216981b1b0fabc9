package detect

// WithBounds returns a detector with smaller bounds; 0 leaves one as it is.
func (d Detector) WithBounds(flows, whole, past, uses int) Detector {
	d.flows, d.whole, d.past, d.uses = flows, whole, past, uses
	return d
}
